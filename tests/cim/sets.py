"""Published sets of CIM grid files, and a small one of our own."""

from pathlib import Path

from tests.shared import STANDARDS

CGMES = STANDARDS / "cgmes"
MICRO = CGMES / "2.4.15" / "MicroGrid-BaseCase"
_PREFIX = "CGMES_v2.4.15_MicroGridTestConfiguration_"
BOUNDARY = MICRO / f"{_PREFIX}BD_v2"
BE = MICRO / f"{_PREFIX}BC_BE_v2"
NL = MICRO / f"{_PREFIX}BC_NL_v2"
ASSEMBLED = MICRO / f"{_PREFIX}BC_Assembled_v2"
MINI = CGMES / "2.4.15" / "MiniGrid-NodeBreaker"
CIGRE = CGMES / "2.4.15" / "CIGRE-MV-sample"
MICRO_3 = CGMES / "3.0" / "MicroGrid"
TELEMARK = CGMES / "3.0" / "Telemark-120"
MODIFIED = CGMES / "2.4.15" / "MicroGrid-modified"


def base_of(modified: Path) -> list[Path]:
    """The paths of a modified set on top of the set that it modifies."""
    if modified.name == "BC_BE_v2_single_file":
        return [BOUNDARY, modified]
    base = {"BC_Assembled": ASSEMBLED, "BC_BE_v2_": BE, "BC_NL_v2_": NL}
    return [BOUNDARY, next(path for start, path in base.items() if modified.name.startswith(start)), modified]


PUBLISHED = {
    "MicroGrid BE": [BOUNDARY, BE],
    "MicroGrid NL": [BOUNDARY, NL],
    "MicroGrid assembled": [BOUNDARY, ASSEMBLED],
    "MiniGrid": [MINI],
    "CIGRE MV": [CIGRE],
    "MicroGrid 3.0": [MICRO_3],
}


def modified_sets() -> list[Path]:
    """The odd sets, in order; none where the published files are absent."""
    return sorted(path for path in MODIFIED.glob("*") if path.is_dir()) if MODIFIED.is_dir() else []


HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cim="{cim}"
 xmlns:md="http://iec.ch/TC57/61970-552/ModelDescription/1#"
 xmlns:dm="http://iec.ch/TC57/61970-552/DifferenceModel/1#">
"""
CIM_16 = "http://iec.ch/TC57/2013/CIM-schema-cim16#"


def model(
    objects: str, name: str = "eq", profile: str = "EquipmentCore/3/1", cim: str = CIM_16, **refer: str
) -> str:
    """A model file: a header, and objects as XML; `depends` and `supersedes` name other models."""
    tags = {"depends": "DependentOn", "supersedes": "Supersedes"}
    more = "".join(
        f'<md:Model.{tags[key]} rdf:resource="urn:uuid:{value}"/>\n' for key, value in refer.items()
    )
    return (
        HEAD.format(cim=cim)
        + f'<md:FullModel rdf:about="urn:uuid:{name}">\n{more}'
        + f"<md:Model.profile>http://entsoe.eu/CIM/{profile}</md:Model.profile>\n</md:FullModel>\n{objects}</rdf:RDF>\n"
    )


def difference(forward: str, reverse: str, base: str, name: str = "diff") -> str:
    """A difference model on a base."""
    return (
        HEAD.format(cim=CIM_16)
        + f'<dm:DifferenceModel rdf:about="urn:uuid:{name}">\n'
        + f'<md:Model.Supersedes rdf:resource="urn:uuid:{base}"/>\n'
        + f'<dm:forwardDifferences rdf:parseType="Statements">{forward}</dm:forwardDifferences>\n'
        + f'<dm:reverseDifferences rdf:parseType="Statements">{reverse}</dm:reverseDifferences>\n'
        + "</dm:DifferenceModel></rdf:RDF>\n"
    )


def base_voltage(name: str, kv: str) -> str:
    """A BaseVoltage."""
    return (
        f'<cim:BaseVoltage rdf:ID="_{name}">\n'
        f"<cim:BaseVoltage.nominalVoltage>{kv}</cim:BaseVoltage.nominalVoltage>\n</cim:BaseVoltage>\n"
    )
