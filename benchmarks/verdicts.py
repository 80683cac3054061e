"""`python -m benchmarks.verdicts [DIR] [--json]`: is our verdict the published schemas' verdict?

DIR holds published schemas (`xsd/`) and code lists (`codelists/v91`, `codelists/v94`). For every version,
generated documents and mutants of them are validated by us, first at a glance, then by our schema in one
piece and in parts, and by lxml with the published schema.
"""

import argparse
import json
import sys
from collections.abc import Container
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lxml import etree

from benchmarks.mutations import mutants
from esmp import DocumentLimits, stream, validate
from esmp.catalogue import own_catalogue
from esmp.codes import code_set
from esmp.profiles import Profile
from esmp.schemas import CODES_FILE
from esmp.xsd_reader import schema_files
from tests.shared import STANDARDS

CODES = ("v91", "v94")


class _Codes(etree.Resolver):
    """Finds the published code lists, which every document schema imports as if they lay beside it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # noqa: ARG002
        name = system_url.rpartition("/")[2]
        return self.resolve_filename(str(self._folder / name), context) if name.startswith("urn-") else None


def published(
    directory: Path, codes: str, wanted: Container[tuple[str, str]] | None = None
) -> dict[tuple[str, str], list[etree.XMLSchema]]:
    """Compile the published schemas `wanted`, by default those we have tables for, all editions of each."""
    if wanted is None:
        wanted = {(p.namespace, p.root) for p in own_catalogue().profiles()}
    reader = etree.XMLParser(no_network=True)
    reader.resolvers.add(_Codes(directory / "codelists" / codes))
    found: dict[tuple[str, str], list[etree.XMLSchema]] = {}
    for path, schema in schema_files(directory / "xsd"):
        root = schema.find("{http://www.w3.org/2001/XMLSchema}element")
        name = (schema.get("targetNamespace", ""), root.get("name", ""))
        if name in wanted and path.name != CODES_FILE:
            found.setdefault(name, []).append(etree.XMLSchema(etree.parse(path, reader)))
    return found


def accepted(schemas: list[etree.XMLSchema], data: bytes) -> bool:
    """Whether lxml with any published edition accepts the document."""
    try:
        root = etree.fromstring(data)
    except etree.XMLSyntaxError:
        return False
    return any(schema.validate(root) for schema in schemas)


@dataclass(slots=True)
class Tally:
    """How many documents were judged, and which of them differently."""

    documents: int = 0
    valid: int = 0
    in_parts: int = 0
    different: list[dict[str, str]] = field(default_factory=list)

    def judge(
        self, profile: Profile, schemas: list[etree.XMLSchema], codes: str, count: int, seed: int
    ) -> None:
        """Compare the verdicts on `count` documents of one version under one code set."""
        for change, data in mutants(profile, code_set(codes), count, seed):
            theirs = accepted(schemas, data)
            ours = {
                "first at a glance": validate(data, codes=codes).valid,
                "whole": all(report.valid for report in stream(data, codes=codes)),
            }
            in_parts = list(stream(data, codes=codes, limits=DocumentLimits(tree=int(len(data) * 0.7))))
            if not any(found.code == "part-too-large" for report in in_parts for found in report.findings):
                ours["in parts"] = all(report.valid for report in in_parts)
            self.documents += 1
            self.valid += theirs
            self.in_parts += "in parts" in ours
            self.different += [
                {
                    "version": f"{profile.family}/{profile.version}",
                    "codes": codes,
                    "change": change,
                    "looked at": how,
                }
                for how, valid in ours.items()
                if valid != theirs
            ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", default=STANDARDS / "esmp")
    parser.add_argument("--mutations", type=int, default=250, help="documents per version and code set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.directory.is_dir():
        sys.stderr.write(f"skipped: no published schemas at {options.directory}\n")
        return 0
    tally = Tally()
    verified = [known for known in own_catalogue().profiles() if known.verified]
    for codes in CODES:
        schemas = published(options.directory, codes)
        for profile in verified:
            tally.judge(
                profile, schemas[profile.namespace, profile.root], codes, options.mutations, options.seed
            )
    result = {"versions": len(verified), "code_sets": CODES, **asdict(tally)}
    text = (
        json.dumps(result) if options.json else "\n".join(f"{key}: {value}" for key, value in result.items())
    )
    sys.stdout.write(f"{text}\n")
    return int(bool(tally.different))


if __name__ == "__main__":
    sys.exit(main())
