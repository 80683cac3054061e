"""Statements that are made ready once, though every store has a database of its own."""

from pathlib import Path

import pytest
from sqlalchemy import Column, Insert, Integer, MetaData, Select, String, Table, select

from gateway.records.engine.prepared import PreparedInsert, PreparedSelect
from gateway.records.engine.sqlite.store import SqliteStore

TABLES = MetaData()
WORDS = Table("words", TABLES, Column("number", Integer, primary_key=True), Column("word", String))


def test_stores_that_take_turns_prepare_a_statement_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for kind in (Insert, Select):

        def counting(self: object, *, _compile: object = kind.compile, **options: object) -> object:
            made.append(type(self).__name__)
            return _compile(self, **options)  # type: ignore[operator]

        monkeypatch.setattr(kind, "compile", counting)
    stores = [SqliteStore(name, tmp_path / f"{name}.sqlite", TABLES) for name in ("north", "south")]
    rows, read = PreparedInsert(WORDS), PreparedSelect(select(WORDS.c.word).order_by(WORDS.c.number))

    for turn in range(3):
        for store in stores:
            with store.writing() as uow:
                rows.put_one(uow, [None, f"{store.name} {turn}"])
                assert read.rows(uow)[-1] == (f"{store.name} {turn}",)

    # The connections of a store are used again, by one thread the same one.
    assert sorted(made) == ["Insert", "Insert", "Select", "Select"]
    for store in stores:
        store.close()
