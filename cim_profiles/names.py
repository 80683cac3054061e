"""Namespaces and ids of CIM RDF/XML, in all the forms in use."""

from typing import Final

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
HEADER: Final = "http://iec.ch/TC57/61970-552/ModelDescription/1#"
DIFFERENCE: Final = "http://iec.ch/TC57/61970-552/DifferenceModel/1#"
CIM: Final = {
    "http://iec.ch/TC57/2012/CIM-schema-cim16#": "2.4 (2012)",
    "http://iec.ch/TC57/2013/CIM-schema-cim16#": "2.4.15",
    "http://iec.ch/TC57/CIM100#": "3.0",
    "https://cim.ucaiug.io/ns#": "3.0 (ucaiug)",
}
"""CIM namespaces, and the edition of CGMES that each stands for."""
EXTENSIONS: Final = (
    "http://entsoe.eu/Secretariat/ProfileExtension/2#",
    "http://entsoe.eu/CIM/SchemaExtension/3/1#",
    "http://iec.ch/TC57/CIM100-European#",
    "https://cim.ucaiug.io/ns/eu#",
    "https://cim4.eu/ns/nc#",
)
"""Namespaces whose attributes extend CIM classes."""
PROFILES: Final = {
    "Equipment": "EQ",
    "EquipmentCore": "EQ",
    "CoreEquipment": "EQ",
    "CoreEquipment-EU": "EQ",
    "EquipmentOperation": "OP",
    "Operation": "OP",
    "Operation-EU": "OP",
    "EquipmentShortCircuit": "SC",
    "ShortCircuit": "SC",
    "ShortCircuit-EU": "SC",
    "EquipmentBoundary": "EQBD",
    "EquipmentBoundary-EU": "EQBD",
    "EquipmentBoundaryOperation": "EQBD",
    "SteadyStateHypothesis": "SSH",
    "SteadyStateHypothesis-EU": "SSH",
    "Topology": "TP",
    "Topology-EU": "TP",
    "TopologyBoundary": "TPBD",
    "StateVariables": "SV",
    "StateVariables-EU": "SV",
    "DiagramLayout": "DL",
    "DiagramLayout-EU": "DL",
    "GeographicalLocation": "GL",
    "GeographicalLocation-EU": "GL",
    "Dynamics": "DY",
    "Dynamics-EU": "DY",
}
UNREAD: Final = frozenset({"DL", "GL", "DY"})
"""Profiles with drawings, places and dynamics: nothing of them enters a power flow."""


def profile_name(uri: str) -> str:
    """Short name of a profile by its address, of which the last part is a version; the address if unknown."""
    parts = [part for part in uri.split("/") if part]
    known = [PROFILES[part] for part in reversed(parts) if part in PROFILES]
    return known[0] if known else uri


def plain_id(written: str) -> str:
    """The id behind `_x` (rdf:ID), `#_x` (rdf:about, rdf:resource), `urn:uuid:x`, or `base#_x`."""
    if written.startswith("urn:uuid:"):
        written = written[9:]
    elif "#" in written:
        written = written[written.index("#") + 1 :]
    return written[1:] if written.startswith("_") else written
