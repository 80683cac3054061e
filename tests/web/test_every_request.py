"""schemathesis asks everything the contract allows, and much it does not, as every role: no answer is a fault
of ours, and every answer is one the contract documents, in its form.

`FLEXGATE_EXAMPLES` says how many requests are made for each operation and role, always the same ones; `make
acceptance` makes more.
"""

import os
from collections.abc import Iterator

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.patience import PATIENCE_S
from tests.web.local_gateway import LocalGateway, served
from tests.web.test_contract import COMMITTED

EXAMPLES = int(os.environ.get("FLEXGATE_EXAMPLES", "4"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = {
    "anonymous": None,
    "platform": "east",
    "dso": "north",
    "tso": "tso",
    "provider": "agg",
    "meter-operator": "meters",
    "operator": "operator",
}
SCHEMA = schemathesis.openapi.from_dict(yaml.safe_load(COMMITTED.read_text("utf-8")))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGateway]:
    with served(tmp_path_factory.mktemp("local")) as new:
        yield new


@pytest.mark.feature(id="C1")
@pytest.mark.parametrize("caller", CALLERS)
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_is_answered_as_documented(local: LocalGateway, caller: str, case: schemathesis.Case) -> None:
    tenant = CALLERS[caller]
    client = local.anonymous if tenant is None else local.as_(tenant)
    case.operation.app = client.app
    case.call_and_validate(headers=dict(client.headers), checks=CHECKS, timeout=PATIENCE_S)
