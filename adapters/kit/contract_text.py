"""Contracts as YAML: the same text for the same contract, every part written out in its place."""

from collections.abc import Mapping
from typing import Any

import yaml


def contract_yaml(contract: Mapping[str, Any]) -> str:
    """The text of a contract."""
    return yaml.dump(dict(contract), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """No anchors: a reader should not have to jump."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)
