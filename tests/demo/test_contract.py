"""The emulators ask for nothing that openapi.yaml does not offer, and say it as it wants it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from jsonschema import Draft202012Validator

from contract_tests.emulators.bid_document import Collection, Parties
from contract_tests.emulators.client import Credentials, GatewayClient
from contract_tests.emulators.dso import DsoEmulator
from contract_tests.emulators.exchanges.rest import RestExchange
from contract_tests.emulators.operator import GatePlan, OperatorEmulator
from contract_tests.emulators.platform import PlatformEmulator
from contract_tests.emulators.tso import TsoEmulator
from tests.specimens import ACKNOWLEDGEMENT_8_1, BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3

CONTRACT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text("utf-8"))
START = datetime(2027, 6, 16, 22, tzinfo=UTC)
DAY = timedelta(days=1)


class ContractGateway(GatewayClient):
    """Answers every request the contract knows with what a test laid ready, and holds the request to it."""

    def __init__(self, answers: dict[str, list[Any]]) -> None:
        super().__init__("http://gateway.invalid", Credentials("test", "test"))
        self._answers = answers
        self.asked: list[str] = []

    def request(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        operation = self._operation(method, path)
        self.asked.append(operation["operationId"])
        if "requestBody" in operation:
            self._check_body(operation["requestBody"]["content"], arguments)
        known = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert set(arguments.get("params", {})) <= known
        assert set(arguments.get("headers", {})) <= known | {"Content-Type"}
        answer = self._answers[operation["operationId"]].pop(0)
        headers = {"Location": "/v1/documents/d1"}
        if isinstance(answer, bytes):
            return httpx2.Response(200, content=answer)
        return httpx2.Response(200, json=answer, headers=headers)

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for template, operations in CONTRACT["paths"].items():
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        raise AssertionError(f"openapi.yaml has no {method} {path}")

    def _check_body(self, content: dict[str, Any], arguments: dict[str, Any]) -> None:
        media_type = "application/json" if "json" in arguments else arguments["headers"]["Content-Type"]
        assert media_type in content
        if schema := content[media_type].get("schema"):
            whole = {**schema, "components": CONTRACT["components"]}
            body = json.loads(json.dumps(arguments["json"]))
            Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)


PLAN = GatePlan(
    gate_id="mfrr-2027-06-17",
    market="TEST balancing energy",
    process="A47",
    start=START,
    end=START + DAY,
    mtu=timedelta(minutes=15),
    currency="EUR",
    platforms=("balancing",),
    system_operators=("tso",),
    grid_operators=("dso-1",),
    opens_at=START - DAY,
    closes_at=START - timedelta(hours=2),
    window=timedelta(minutes=1),
    budget=timedelta(seconds=20),
    publish_by=START - timedelta(hours=1),
    use="exact",
    netting_platform=False,
)


def test_the_operator() -> None:
    run = {"run_id": "r1", "figures": {"bids": 1}}
    gateway = ContractGateway(
        {
            "createGate": [{}],
            "closeGate": [{}],
            "listChannels": [{"channels": [{"state": "up"}, {"state": "down"}]}, {"channels": []}],
            "getGate": [{"state": "running"}, {"state": "published"}],
            "listRuns": [{"runs": [{"run_id": "r1"}]}],
            "getRun": [run],
        }
    )
    operator = OperatorEmulator(gateway)
    operator.open_gate(PLAN)
    assert [operator.channels_are_up(), operator.channels_are_up()] == [False, True]
    operator.close_gate("mfrr-2027-06-17")
    assert operator.published_run("mfrr-2027-06-17", 5.0) == run
    assert gateway.asked[-4:] == ["getGate", "getGate", "listRuns", "getRun"]


def test_the_tso() -> None:
    gateway = ContractGateway({"putResources": [{}], "putDemand": [{}]})
    tso = TsoEmulator(gateway)
    tso.assign({"TEST-UNIT-1": ("north", "farm")}, {"TEST-POOL-1": {"TEST-UNIT-1": 1.0}})
    tso.demand("mfrr-2027-06-17", [1.0] * 96, [0.5] * 96)
    assert gateway.asked == ["putResources", "putDemand"]


def test_the_dso() -> None:
    row = {
        "bid": 7,
        "bid_id": "TEST-BID-1",
        "platform": None,
        "direction": "up",
        "indivisible": False,
        "mtu": 3,
        "offered_mw": 2.5,
        "cut_mw": 1.5,
        "grid_id": "north",
        "withheld_because": None,
        "element_id": "to farm",
        "unit": "MW",
        "side": "reverse",
        "operating_point": "bright",
        "full_at": 3,
        "share": 1.0,
        "margin_mw": 0.0,
        "base_flow_mw": -2.5,
        "limit_mw": -4.0,
        "shadow_price": 12.0,
    }
    shown = CONTRACT["components"]["schemas"]["ExplanationView"]
    assert set(row) == set(shown["properties"])
    gateway = ContractGateway({"putGridModel": [{}], "getExplanations": [{"explanations": [row]}]})
    dso = DsoEmulator(gateway)
    dso.send_model("north", b"{}")
    (limitation,) = dso.limitations("r1")
    assert (limitation.bid_id, limitation.element_id, limitation.cut_mw) == ("TEST-BID-1", "to farm", 1.5)


@pytest.fixture
def collection() -> Collection:
    return Collection("A47", "TEST_AUCTION", START, START + DAY, "EUR")


def test_the_platform(collection: Collection) -> None:
    gateway = ContractGateway(
        {
            "submitDocument": [{}],
            "getDocument": [{"state": "received"}, {"state": "partly"}],
            "getAcknowledgement": [ACKNOWLEDGEMENT_8_1.data],
            "closeGate": [{}],
            "listOutbox": [
                {"messages": [{"id": 4, "kind": "Acknowledgement"}], "next": 4},
                {
                    "messages": [{"id": 7, "kind": "BidAvailability"}, {"id": 9, "kind": "MeritOrderList"}],
                    "next": 9,
                },
            ],
            "getMessage": [ACKNOWLEDGEMENT_8_1.data, BID_AVAILABILITY_1_1.data, MERIT_ORDER_LIST_7_3.data],
            "confirmMessage": [{}, {}, {}],
        }
    )
    parties = Parties(
        "11XTEST-PLAT-A-H", "A46", "10XTEST-GATE---R", "A04", "10YTEST-AREA---F", "10YTEST-AREA---F"
    )
    exchange = RestExchange(gateway)
    platform = PlatformEmulator(exchange, "7.2", parties, collection)
    address = platform.submit("TEST-DOC-1", ())
    assert not platform.acknowledgement(address, 5.0).accepted
    exchange.close_gate("mfrr-2027-06-17")
    answers = platform.answers(5.0)
    assert [limit.bid_id for limit in answers.limited] == ["TEST-BID-1"]
    assert len(answers.merit_order) == 2
    assert gateway.asked.count("confirmMessage") == 3
