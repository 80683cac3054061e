"""How an extra is installed. Flexgate is in no package index: it comes from a checkout or a wheel.

PyPI's `flexgate` is software of others, so no message of the gateway may name a package to be fetched from an
index. The distribution itself states where it was installed from (PEP 610, `direct_url.json`).
"""

import json
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any, Final
from urllib.parse import unquote, urlsplit

DISTRIBUTION: Final = "flexgate-market-gateway"


def how_to_install(extras: Iterable[str]) -> str:
    """The command that adds these extras to the environment that runs this.

    Such as `/opt/flexgate/bin/python -m pip install --editable '/src/flexgate[grid]'`; where the distribution
    does not state what it was installed from, the checkout or wheel has a placeholder.
    """
    source, editable = _installed_from()
    option = "--editable " if editable else ""
    return f"{sys.executable} -m pip install {option}'{source}[{','.join(sorted(set(extras)))}]'"


def _installed_from() -> tuple[str, bool]:
    """Path of the checkout or wheel, and whether it is installed in place."""
    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        text = None
    origin: dict[str, Any] = json.loads(text) if text else {"url": ""}
    url = urlsplit(origin["url"])
    if url.scheme != "file":
        return "CHECKOUT_OR_WHEEL", False
    return unquote(url.path), bool(origin.get("dir_info", {}).get("editable"))
