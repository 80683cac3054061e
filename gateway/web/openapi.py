"""Write the contract: `python -m gateway.web.openapi openapi.yaml`, or to the screen without a file."""

import sys
from pathlib import Path

from adapters.kit.contract_text import contract_yaml
from adapters.rest import ROUTERS
from gateway.web.application import create_app


def contract_text() -> str:
    """The contract as YAML: the same text for the same routes."""
    return contract_yaml(create_app(ROUTERS, body_bytes=0).openapi())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(contract_text(), "utf-8")
    else:
        sys.stdout.write(contract_text())
