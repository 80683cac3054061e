"""Write the defaults into `docs/running/grants.md`: `python -m gateway.security.grants_page FILE`.

From `gateway.domain.grant` and `gateway.security.permissions`. Only the part between the two marks is
written; without a file it goes to the screen.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.domain.grant import DEFAULTS, OF_PROCESSES, PROCESS_SENDERS
from gateway.domain.role import TenantRole
from gateway.security.permissions import PERMISSIONS, Operation

BEGIN: Final = "<!-- written by python -m gateway.security.grants_page -->"
END: Final = "<!-- until here -->"


def defaults_text() -> str:
    """The defaults as a table, what no grant changes, and what each role may do."""
    return "\n".join(_lines())


def page_with_defaults(page: str) -> str:
    """A page with the present defaults between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"no {BEGIN} with {END} after it")
    return f"{before}{BEGIN}\n{defaults_text()}\n{END}{after}"


def _lines() -> Iterator[str]:
    yield "| grant | from | to | kind |"
    yield "|---|---|---|---|"
    for grant in DEFAULTS:
        yield f"| `{grant.name}` | {grant.sender} | {grant.receiver} | {grant.kind or 'any'} |"
    yield ""
    yield f"Only of a {' or '.join(sorted(PROCESS_SENDERS))} the gateway itself takes, whatever is granted:"
    yield f"{', '.join(sorted(OF_PROCESSES))}."
    yield ""
    yield f"| operation | key | {' | '.join(TenantRole)} |"
    yield f"|---|---|{'---|' * len(TenantRole)}"
    for operation in Operation:
        cells = ("yes" if role in PERMISSIONS[operation].roles else "" for role in TenantRole)
        yield f"| {operation} | `{operation.key}` | {' | '.join(cells)} |"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        file = Path(sys.argv[1])
        file.write_text(page_with_defaults(file.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(f"{defaults_text()}\n")
