"""Statements that are made ready once, though every room has a database of its own."""

from pathlib import Path

import pytest
from sqlalchemy import Column, Insert, Integer, MetaData, Select, String, Table, select

from gateway.records.engine.prepared import Ready, RowsOf
from gateway.records.engine.store import Room

TABLES = MetaData()
WORDS = Table("words", TABLES, Column("number", Integer, primary_key=True), Column("word", String))


def test_rooms_that_take_turns_make_a_statement_ready_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for kind in (Insert, Select):

        def counting(self: object, *, _compile: object = kind.compile, **options: object) -> object:
            made.append(type(self).__name__)
            return _compile(self, **options)  # type: ignore[operator]

        monkeypatch.setattr(kind, "compile", counting)
    rooms = [Room(name, tmp_path / f"{name}.sqlite", TABLES) for name in ("north", "south")]
    rows, read = RowsOf(WORDS), Ready(select(WORDS.c.word).order_by(WORDS.c.number))

    for turn in range(3):
        for room in rooms:
            with room.writing() as connection:
                rows.put_one(connection, [None, f"{room.name} {turn}"])
                assert read.rows(connection)[-1] == (f"{room.name} {turn}",)

    # The connections of a room are used again, by one thread the same one.
    assert sorted(made) == ["Insert", "Insert", "Select", "Select"]
    for room in rooms:
        room.close()
