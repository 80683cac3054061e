"""Key files: made once, for their owner only, named after the key."""

import json
import stat
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OKPKey

from gateway.security.keys import SigningKeyFileError, key_set, signing_key


def test_a_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "tokens.pem"
    first = signing_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert signing_key(file).key_id == first.key_id


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens.pem"
    signing_key(file)
    file.chmod(0o640)
    with pytest.raises(SigningKeyFileError, match="others can read"):
        signing_key(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        ECKey.generate_key("P-256").as_pem(private=True),
        OKPKey.generate_key("X25519").as_pem(private=True),
        OKPKey.generate_key("Ed25519").as_pem(private=False),
    ],
    ids=["empty", "text", "other curve", "key agreement", "public half"],
)
def test_what_is_no_signing_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tokens.pem"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SigningKeyFileError, match="no private"):
        signing_key(file)


def test_the_key_set_shows_public_halves_only(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "a.pem")
    shown = key_set([key, signing_key(tmp_path / "b.pem")])
    assert len({jwk["kid"] for jwk in shown["keys"]}) == 2
    assert all("d" not in jwk for jwk in shown["keys"])
    assert shown["keys"][0]["kid"] == OKPKey.import_key(shown["keys"][0]).thumbprint()
    assert "PRIVATE" not in repr(key) + json.dumps(shown)
