"""A document that has no such form is not taken for one."""

import httpx2
import pytest
import typer

from gateway.cli import api_client
from gateway.cli.api_client import ANY_FORM, JSON


@pytest.mark.parametrize(
    ("accepted", "found", "is_it"),
    [
        ("text/csv", "text/csv; charset=utf-8", True),
        (ANY_FORM, "application/xml", True),
        ("text/csv", JSON, False),
        (JSON, "application/xml", False),
    ],
)
def test_another_form_than_the_accepted_one_ends_the_command(
    capsys: pytest.CaptureFixture[str], accepted: str, found: str, is_it: bool
) -> None:
    answer = httpx2.Response(
        200,
        headers={"Content-Type": found},
        content=b"a,b",
        request=httpx2.Request("GET", "http://gateway.test/v1/outbox/1"),
    )
    if is_it:
        assert api_client.in_form(answer, accepted) == b"a,b"
        return
    with pytest.raises(typer.Exit):
        api_client.in_form(answer, accepted)
    assert f"it has no form {accepted}" in " ".join(capsys.readouterr().err.split())
