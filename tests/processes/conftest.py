"""A world of its own for every test."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.processes.world import RESOURCES, TENANTS, World, gate, model


@pytest.fixture(autouse=True, scope="package")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """These tests end processes, not machines: what the operating system has is safe enough."""

    def relax(connection: Any, _record: object, _proxy: object) -> None:
        setting = (
            "PRAGMA synchronous=OFF"
            if isinstance(connection, sqlite3.Connection)
            else "SET synchronous_commit=off"
        )
        connection.execute(setting)

    event.listen(Pool, "checkout", relax)
    yield
    event.remove(Pool, "checkout", relax)


@pytest.fixture(scope="package")
def _empty_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores with their tables, made once."""
    directory = tmp_path_factory.mktemp("stores")
    World.at(directory).stores.close()
    return directory


@pytest.fixture
def world(tmp_path: Path, _empty_stores: Path) -> Iterator[World]:
    """Nothing happened yet."""
    new = World.at(Path(shutil.copytree(_empty_stores, tmp_path / "data")))
    yield new
    new.stores.close()


@pytest.fixture
def ready(world: World) -> World:
    """A gate of two quarter hours is open; north's line carries 4 MW, south's 100 MW; units are assigned."""
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 100.0))
    return world
