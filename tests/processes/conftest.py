"""A world of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.world import RESOURCES, TENANTS, World, gate, model


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Nothing happened yet."""
    new = World.at(tmp_path / "data")
    yield new
    new.store.close()


@pytest.fixture
def ready(world: World) -> World:
    """A gate of two quarter hours is open; north's line carries 4 MW, south's 100 MW; units are assigned."""
    world.gates.create(gate())
    world.resources.take(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 100.0))
    return world
