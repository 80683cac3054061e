"""Write the contract: `python -m gateway.web.openapi openapi.yaml`, or to the screen without a file."""

import sys
from pathlib import Path

import yaml

from adapters.rest import ROUTERS
from gateway.web.application import create_app


def contract_text() -> str:
    """The contract as YAML: the same text for the same routes."""
    app = create_app(ROUTERS, body_bytes=0)
    return yaml.dump(app.openapi(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


class _Plain(yaml.SafeDumper):
    """Every part written out where it stands, long texts as blocks."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """No anchors: a reader should not have to jump."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(contract_text(), "utf-8")
    else:
        sys.stdout.write(contract_text())
