"""Files that were put back with the modes of their new owner are readable by everybody."""

from pathlib import Path

import pytest

from gateway.security.private_files import ExposedFilesError, refuse_exposed


def kept(directory: Path) -> Path:
    stores = directory / "data" / "stores"
    stores.mkdir(parents=True, mode=0o700)
    stores.parent.chmod(0o700)
    for name in ("_shared.sqlite", "north.sqlite"):
        (stores / name).touch(0o600)
    return stores


def test_what_only_its_owner_can_read_is_taken(tmp_path: Path) -> None:
    refuse_exposed(kept(tmp_path).parent)
    refuse_exposed(tmp_path / "not made yet")


@pytest.mark.parametrize(
    ("place", "mode"),
    [("stores/north.sqlite", 0o640), ("stores/north.sqlite", 0o602), ("stores", 0o750), (".", 0o711)],
)
def test_what_others_can_use_is_named_with_what_to_do(tmp_path: Path, place: str, mode: int) -> None:
    data = kept(tmp_path).parent
    (data / place).chmod(mode)
    with pytest.raises(ExposedFilesError) as reported:
        refuse_exposed(data)
    named = f"others can read or change {data / place} ({mode:o}); "
    assert str(reported.value) == f"{named}directories must have mode 700, files 600: chmod -R go= {data}"


def test_a_whole_restore_is_one_sentence(tmp_path: Path) -> None:
    data = kept(tmp_path).parent
    for number in range(20):
        (data / f"{number}.pem").touch()
        (data / f"{number}.pem").chmod(0o644)
    with pytest.raises(ExposedFilesError, match=r"and 15 more; "):
        refuse_exposed(data)
