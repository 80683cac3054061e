"""A channel from the configuration file to the running gateway, and what the operator sees of it."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.app import build_app
from gateway.security.clients import hash_secret
from gateway.settings import SettingsError, read_settings
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import GATEWAY, NORTH, RESERVE_BID_7_2

SECRET = "open sesame"
HASHED = hash_secret(SECRET)
CONFIGURATION = f"""
[gateway]
party = {{ code = "{GATEWAY}" }}
[tenants.north]
role = "platform"
name = "North"
parties = [{{ code = "{NORTH}" }}]
party_role = "A46"
[tenants.operator]
role = "operator"
name = "Operator"
[clients.north]
tenant = "north"
secret_hash = "{HASHED}"
[clients.operator]
tenant = "operator"
secret_hash = "{HASHED}"
[channels.north-folder]
adapter = "folder"
tenant = "north"
max_age_s = 360
[channels.north-folder.options]
directory = "exchange"
stable_s = 0.05
poll_s = 0.02
"""


def written(directory: Path, text: str = CONFIGURATION) -> Path:
    file = directory / "flexgate.toml"
    file.write_text(text, "utf-8")
    return file


def token(client: TestClient, name: str) -> dict[str, str]:
    granted = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(name, SECRET))
    return {"Authorization": f"Bearer {granted.json()['access_token']}"}


def test_a_configured_channel_works_and_is_seen(tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir()
    with TestClient(build_app(read_settings(written(tmp_path)))) as client:
        eventually(lambda: client.get("/readyz").json()["channels"] == {"up": 1})
        (seen,) = client.get("/v1/channels", headers=token(client, "operator")).json()["channels"]
        assert (seen["name"], seen["tenant"], seen["state"]) == ("north-folder", "north", "up")
        assert seen["interaction"]
        assert seen["backlog"] == {
            "waiting": 0,
            "oldest_waiting": None,
            "dead": 0,
            "oldest_dead": None,
            "awaited": 0,
            "overdue": 0,
        }
        (own,) = client.get("/v1/channels", headers=token(client, "north")).json()["channels"]
        assert (own["name"], own["largest_bytes"]) == ("north-folder", 67108864)

        (tmp_path / "exchange" / "inbox" / "bids.xml").write_bytes(RESERVE_BID_7_2.data)
        outbox = tmp_path / "exchange" / "outbox"
        eventually(lambda: list(outbox.glob("bids.xml.*")))
        (answer,) = outbox.glob("bids.xml.*")
        assert codes_of(acknowledgement_in(answer.read_bytes()))[0] == "A02"  # there is no gate for it

        (tmp_path / "exchange").rename(tmp_path / "away")
        eventually(lambda: client.get("/readyz").json()["channels"] == {"down": 1})
        assert client.get("/readyz").status_code == 200
        (seen,) = client.get("/v1/channels", headers=token(client, "operator")).json()["channels"]
        assert "No such file" in seen["last_error"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("[channels.north-folder", "[channels.North_", "channels.North_: names"),
        ('tenant = "north"\nmax', 'tenant = "west"\nmax', "channels.north-folder.tenant"),
        ("poll_s = 0.02", 'poll_s = "often"', "channels.north-folder.options.poll_s"),
        ("max_age_s = 360", "max_age = 360", "channels.north-folder.max_age"),
        ("max_age_s = 360", 'when_stale = "rebuild"', "channels.north-folder.when_stale: nothing is stale"),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in CONFIGURATION
    with pytest.raises(SettingsError) as caught:
        read_settings(written(tmp_path, CONFIGURATION.replace(old, new)))
    assert any(fault.startswith(place) for fault in caught.value.faults), caught.value.faults


@pytest.mark.parametrize("carries", ["both", "out", "in"])
def test_a_webhook_that_would_never_be_called_is_not_set(tmp_path: Path, carries: str) -> None:
    (tmp_path / "exchange").mkdir()
    text = CONFIGURATION.replace("max_age_s", f'carries = "{carries}"\nmax_age_s').replace(
        'party_role = "A46"', 'party_role = "A46"\nwebhook_hosts = ["hooks.example.org"]'
    )
    with TestClient(build_app(read_settings(written(tmp_path, text)))) as client:
        url = {"url": "https://hooks.example.org/in"}
        answer = client.put("/v1/webhook", json=url, headers=token(client, "north"))
        if carries == "in":
            assert answer.json()["active"]
        else:
            assert answer.status_code == 409
            assert answer.json()["type"] == "urn:flexgate:problem:conflict"
            assert "north-folder" in answer.json()["detail"]
            assert client.get("/v1/webhook", headers=token(client, "north")).status_code == 404
