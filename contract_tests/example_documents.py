"""Write a document of every family and version: `python -m contract_tests.example_documents DIRECTORY`."""

import sys
from pathlib import Path

from contract_tests.sample_documents import Situation, sample_document
from esmp.profiles import profiles


def example_documents() -> dict[str, bytes]:
    """The documents by the name of their file, `FAMILY-VERSION.xml`; the same each time."""
    return {
        f"{version.family}-{version.version}.xml": sample_document(version, Situation())
        for version in profiles()
    }


if __name__ == "__main__":
    for file_name, data in example_documents().items():
        Path(sys.argv[1], file_name).write_bytes(data)
