"""Lists that come in pages are shown whole."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.cli.api_client import every_page


def test_every_page_is_read() -> None:
    rows = ["a", "b&c", "d e", "f"]
    asked: list[str] = []

    def call(method: str, path: str, *_: Any, **__: Any) -> Any:
        assert method == "GET"
        asked.append(path)
        after = parse_qs(urlsplit(path).query).get("after")
        begin = 0 if after is None else rows.index(after[0]) + 1
        page = rows[begin : begin + 2]
        return {"rows": page, "next": page[-1] if len(page) == 2 else None}

    assert every_page(call, "/v1/rows", "rows") == {"rows": rows}
    assert len(asked) == 3
