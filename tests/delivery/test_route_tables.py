"""Circles of routes are a fault at start; a chain that ends is none."""

from pathlib import Path

import pytest

from gateway.settings import SettingsError, read_settings
from tests.specimens import NORTH, SOUTH

FAR = "11XTEST-FAR----A"
EAST = "11XTEST-EAST---X"
CODES = {"north": NORTH, "south": SOUTH, "east": EAST}
HEAD = """
[gateway]
party = { code = "11XTEST-GATE---C" }
""" + "".join(
    f'[tenants.{name}]\nrole = "platform"\nname = "{name}"\nparties = [{{ code = "{code}" }}]\n'
    for name, code in CODES.items()
)


def read(directory: Path, *steps: tuple[str, str], receiver: str = FAR, more: str = "") -> list[str]:
    """Faults of routes from one tenant to another, for one receiver."""
    file = directory / "flexgate.toml"
    routes = "".join(
        f'[routes.{sender}-{to}]\nsender = "{CODES[sender]}"\nreceiver = "{receiver}"\nto = "{to}"\n{more}\n'
        for sender, to in steps
    )
    file.write_text(HEAD + routes + "[clients]\n", "utf-8")
    try:
        read_settings(file)
    except SettingsError as error:
        return list(error.faults)
    return []


def test_two_tenants_that_send_a_document_to_each_other(tmp_path: Path) -> None:
    assert read(tmp_path, ("north", "south"), ("south", "north")) == [
        f"routes.north-south: a circle with routes.south-north: what is for {FAR} goes north, south, north"
    ]


def test_three_tenants(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, ("south", "east"), ("north", "south"), ("east", "north"))
    names, way = fault.split(": what is for ")
    assert names == "routes.east-north: a circle with routes.north-south and routes.south-east"
    assert way == f"{FAR} goes north, south, east, north"


def test_a_way_into_a_circle_is_no_part_of_it(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, ("east", "north"), ("north", "south"), ("south", "north"))
    assert "east" not in fault


@pytest.mark.parametrize(
    "steps",
    [
        [("north", "south")],
        [("north", "south"), ("south", "east")],
        [("north", "south"), ("east", "south")],
    ],
)
def test_a_chain_that_ends(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    assert read(tmp_path, *steps) == []


def test_what_is_for_one_of_them_ends_there(tmp_path: Path) -> None:
    assert read(tmp_path, ("north", "south"), ("east", "south"), receiver=SOUTH) == []


def test_routes_of_other_kinds_make_no_circle(tmp_path: Path) -> None:
    file = tmp_path / "flexgate.toml"
    routes = "".join(
        f'[routes.{name}]\nsender = "{CODES[name]}"\nreceiver = "{FAR}"\nkind = "{kind}"\nto = "{to}"\n'
        for name, to, kind in (("north", "south", "ReserveBid"), ("south", "north", "Activation"))
    )
    file.write_text(HEAD + routes + "[clients]\n", "utf-8")
    assert len(read_settings(file).routes.routes) == 2
    same = routes.replace('"Activation"', '"ReserveBid"')
    file.write_text(HEAD + same + "[clients]\n", "utf-8")
    with pytest.raises(SettingsError, match=r"routes\.north: a circle with routes\.south"):
        read_settings(file)


def test_a_route_without_a_kind_closes_a_circle_with_one_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "flexgate.toml"
    routes = (
        f'[routes.any]\nsender = "{NORTH}"\nreceiver = "{FAR}"\nto = "south"\n'
        f'[routes.bids]\nsender = "{SOUTH}"\nreceiver = "{FAR}"\nkind = "ReserveBid"\nto = "north"\n'
    )
    file.write_text(HEAD + routes + "[clients]\n", "utf-8")
    with pytest.raises(SettingsError, match=rf"what is for {FAR} goes north, south, north"):
        read_settings(file)


def test_a_market_of_a_route_has_a_name(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, ("north", "south"), more='market = ""')
    assert fault.startswith("routes.north-south.market: ")
