"""Documents of the three formats in `examples/formats`, which nobody wrote code for.

A registration of points of delivery as an aggregator's platform sends it in Platone's Italian demonstration
(flow 0; the deliverable says who sends it to whom and how often, and gives no schema, so its members are
ours), a national order in XML, and metered values in CSV.
"""

import json
import shutil
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.specimens import NORTH, SOUTH

EXAMPLES = Path(__file__).parents[2] / "examples" / "formats"


def _text(file: str) -> str:
    return (EXAMPLES / file).read_text("utf-8")


PODS_TOML = _text("pods/pods.toml")
PODS_SCHEMA = json.loads(_text("pods/registration.schema.json"))
POD_SCHEMA = json.loads(_text("pods/pod.json"))
ORDER_TOML = _text("order/order.toml")
ORDER_XSD = _text("order/order.xsd")
ORDER_CODES_XSD = _text("order/codes.xsd")
METERED_TOML = _text("metered/metered.toml")


def write_all(directory: Path) -> Mapping[str, Path]:
    """Copies of the three sets, each in a folder of its name below a directory."""
    for folder in EXAMPLES.iterdir():
        if folder.is_dir():
            shutil.copytree(folder, directory / folder.name)
    return {name: directory / name for name in ("pods", "order", "metered")}


def now_text() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def pods(
    mrid: str = "REG-1", revision: int = 1, sender: str = NORTH, receiver: str = SOUTH, **changes: Any
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "registrationId": mrid,
        "revision": revision,
        "aggregator": {"code": sender, "name": "TEST aggregator"},
        "customerDatabase": receiver,
        "sentAt": now_text(),
        "pods": [
            {"pod": "IT001E12345678", "maxPowerKw": 3.3, "resource": "load", "since": None},
            {"pod": "IT001E12345679A", "maxPowerKw": 11, "resource": "storage"},
        ],
    }
    return {**deepcopy(content), **changes}


def order(
    number: str = "CZ-1",
    issue: int = 1,
    sender: str = NORTH,
    receiver: str = SOUTH,
    market: str = "",
    kw: str = "12.5",
) -> bytes:
    of_market = f"<Market>{market}</Market>" if market else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<FlexOrder xmlns="urn:example:national:order">
  <Head number="{number}" issue="{issue}">
    <From>{sender}</From>
    <To>{receiver}</To>
    <Written>{now_text()}</Written>{of_market}
  </Head>
  <Valid>
    <From>2026-03-01T06:00:00</From>
    <To>2026-03-01T07:00:00</To>
  </Valid>
  <Step at="1" kw="{kw}" kind="UP"/>
  <Step at="2" kw="-3" kind="DOWN"/>
</FlexOrder>
""".encode()


def metered(delivery: str = "MV-1", issue: int = 1, kwh: str = "0,25", operator: str = NORTH) -> bytes:
    head = "Delivery;Issue;Operator;Written;Meter;Quarter;kWh;Estimated;Note"
    first = f"{delivery};{issue};{operator};{now_text()}"
    return f"{head}\r\n{first};AB12CD34;1;{kwh};false;\r\n{first};AB12CD34;2;1;true;read late\r\n".encode()
