"""Fields that the gateway stores, why, and for how long."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from gateway.cli.screen import fail, out, print_table


def policy(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            envvar="FLEXGATE_CONFIG",
            help="With the periods that this configuration sets; else with the defaults.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Print every field that the gateway stores, why, and for how long.

    The periods are the operator's to set within the bounds that the first table shows, in days, by name:

        [retention]
        delivered = 14
    """
    from gateway.records.engine.field_policy import PERIODS
    from gateway.records.privacy.retention import policy_rows

    days = _days(config)
    rows = policy_rows()
    if as_json:
        periods = {
            name: {
                "what": period.what,
                "days": days[name],
                "default": period.default,
                "least": period.least,
                "most": period.most,
            }
            for name, period in PERIODS.items()
        }
        fields = [
            {
                "table": row.table,
                "field": row.field,
                "why": row.why,
                "retention": row.retention.text(days),
                "periods": row.retention.periods,
            }
            for row in rows
        ]
        content = {"periods": periods, "fields": fields}
        sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        return
    bounds = Table(Column("period", no_wrap=True), "days", "default", "least", "most", "of what")
    for name, period in PERIODS.items():
        most = f"{period.most}, and {period.most_is}" if period.most_is else str(period.most)
        bounds.add_row(name, str(days[name]), str(period.default), str(period.least), most, period.what)
    print_table(bounds)
    out.print("Set them in \\[retention] of the configuration.\n")
    table = Table(Column("table", no_wrap=True), "field", "why", "how long")
    for row in rows:
        table.add_row(row.table, row.field, row.why, row.retention.text(days))
    print_table(table)


def _days(config: Path | None) -> Mapping[str, int]:
    from gateway.records.engine.field_policy import DEFAULTS
    from gateway.settings import SettingsError, read_settings

    if config is None:
        return DEFAULTS
    try:
        return read_settings(config).retention
    except SettingsError as error:
        fail(str(error))
