"""State the demand for the lists of an exact gate, withdraw it, or see it, over a gateway's interface."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.screen import fail, finite, out, print_table, range_text
from gateway.domain.counted import counted
from gateway.domain.market_time import resolution

_DIRECTIONS: Final = ("up_mw", "down_mw")
_COLUMNS: Final = ("mtu", "start", *_DIRECTIONS)

_Quantities = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MW",
        help="MW in each market time unit, separated by commas (16,18,20,24), or by repeating the option; "
        "one number is for all.",
    ),
]


def demand(
    gate: str,
    credentials: CredentialsFile,
    up: _Quantities = None,
    down: _Quantities = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="CSV with up_mw and down_mw of each market time unit, by its number (mtu, from 0) or when "
            "it begins (start).",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    zone: Annotated[str, typer.Option(help="Bidding zone; left out: the gate's, or any.")] = "",
    product: Annotated[str, typer.Option(help="Product; left out: the gate's, or any.")] = "",
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Withdraw the demand with this zone and product.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """State the demand for the lists of an exact gate, withdraw it, or show what is stated (system operator).

    Until the gate closes. A statement replaces the one before for the same zone and product, in both
    directions. Without a demand nothing of an exact list is available.

    flexgate gate demand GATE --up 12.5,14,14,12 --down 0 --zone 10YTEST-AREA---F --credentials tso.json
    """
    numbers = {"up_mw": _numbers(up, "--up"), "down_mw": _numbers(down, "--down")}
    if sum((take_back, file is not None, bool(up or down))) > 1:
        raise typer.BadParameter("use --up and --down, or --file, or --take-back")
    if bool(up) != bool(down):
        raise typer.BadParameter("state both --up and --down; 0 where nothing is needed")
    address = f"/v1/gates/{gate}/demand"
    with connected(url, credentials) as call:
        if take_back:
            call("DELETE", f"{address}?{urlencode({'zone': zone, 'product': product})}")
            out.print(
                f"demand of gate {gate} is taken back; without any nothing will be available", markup=False
            )
            return
        begins = _begins(call("GET", f"/v1/gates/{gate}"))
        units = len(begins) - 1
        if file is None and not up:
            _print_demands(gate, call("GET", address), begins, as_json=as_json)
            return
        if file is not None:
            stated = _in_table(file, begins)
        else:
            stated = {name: mw * units if len(mw) == 1 else mw for name, mw in numbers.items()}
        answer = call("PUT", address, {**stated, "zone": zone, "product": product})
    if as_json:
        print_json(answer)
        return
    asked = ", ".join(f"{range_text(answer[f'{way}_mw'], 'g', 'MW')} {way}" for way in ("up", "down"))
    out.print(
        f"demand of gate {gate} is stated for {counted(units, 'market time unit')}: {asked}", markup=False
    )
    for remark in answer["remarks"]:
        out.print(f"remark: {remark}", markup=False)


def _numbers(given: Sequence[str] | None, option: str) -> list[float]:
    try:
        return list(finite([float(one) for text in given or () for one in text.split(",")]))
    except ValueError:
        message = "write MW as numbers, separated by commas, such as 16,18.5,20"
        raise typer.BadParameter(message, param_hint=option) from None


def _begins(gate: Mapping[str, Any]) -> Sequence[datetime]:
    """When each market time unit of a gate begins, and when the last of them ends."""
    start, step = datetime.fromisoformat(gate["delivery"]["start"]), resolution(gate["mtu"])
    return [start + number * step for number in range(gate["market_time_units"] + 1)]


def _in_table(file: Path, begins: Sequence[datetime]) -> dict[str, list[float]]:
    """MW up and down of every market time unit, from a table with a row for each, in any order."""
    from mappings.csv_table import CsvFaultsError, number_fault, rows_of

    try:
        rows = rows_of(file.read_bytes(), _COLUMNS, _DIRECTIONS, "a demand")
    except CsvFaultsError as error:
        fail(f"{file}: {error}")
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    by_number = "mtu" in rows[0].cells
    if by_number is ("start" in rows[0].cells):
        fail(f"{file}: either a column mtu or a column start says which market time unit a row is for")
    wanted: dict[str | datetime | None, int]
    wanted = {str(number) if by_number else at: number for number, at in enumerate(begins[:-1])}
    found: dict[int, tuple[float, ...]] = {}
    for row in rows:
        text = row.cells["mtu" if by_number else "start"]
        number = wanted.get(text if by_number else _moment(text))
        if number is None:
            fail(f"{file}: line {row.line}: {text!r} is no market time unit of the gate: {_span(begins)}")
        if number in found:
            fail(f"{file}: line {row.line}: market time unit {text} occurs twice")
        for column in _DIRECTIONS:
            if fault := number_fault(row.cells[column]):
                fail(f"{file}: line {row.line}: {column}: {fault}")
        found[number] = tuple(float(row.cells[column]) for column in _DIRECTIONS)
    missing = [number for number in range(len(begins) - 1) if number not in found]
    if missing:
        fail(
            f"{file}: {counted(len(missing), 'market time unit')} without a row, first {missing[0]} "
            f"({_text(begins[missing[0]])}); the gate has {_span(begins)}"
        )
    return {
        name: [found[number][place] for number in sorted(found)] for place, name in enumerate(_DIRECTIONS)
    }


def _moment(text: str) -> datetime | None:
    """A time with its zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _span(begins: Sequence[datetime]) -> str:
    return f"0 to {len(begins) - 2}, {_text(begins[0])} to {_text(begins[-1])}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"


def _print_demands(
    gate: str, answer: Mapping[str, Any], begins: Sequence[datetime], *, as_json: bool
) -> None:
    if as_json:
        print_json(answer)
        return
    if not answer["demands"]:
        out.print(f"no demand of gate {gate} is stated", markup=False)
        return
    table = Table("system operator", "zone", "product", "from", "to", "up", "down", "stated at")
    for one in answer["demands"]:
        names = one["system_operator"], one["zone"], one["product"]
        for first, end, up, down in _stretches(one["up_mw"], one["down_mw"]):
            span = _text(begins[first]), _text(begins[end])
            table.add_row(*names, *span, f"{up:g} MW", f"{down:g} MW", one["stated_at"])
    print_table(table)


def _stretches(up_mw: Sequence[float], down_mw: Sequence[float]) -> Iterator[tuple[int, int, float, float]]:
    """First market time unit and the one after the last, MW up and down; equal ones in a row are one."""
    alike = [(pair, len(list(group))) for pair, group in groupby(zip(up_mw, down_mw, strict=True))]
    first = 0
    for (up, down), count in alike:
        yield first, first + count, up, down
        first += count
