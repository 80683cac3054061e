"""Documents as files: drop one, find its answer next to it.

inbox/    peers drop documents in it; a file lies in .flexgate-taking/ while it is handed in
done/     what was stored
error/    files that were not accepted, each with one named `….reason`
outbox/   what the gateway has for the peer
"""

from typing import Annotated, Final

from pydantic import Field, field_validator

from adapters.kit.options import Location, Options
from gateway.ports import Adapter, Channel, ChannelContext, Descriptor, Initiative


class FolderOptions(Options):
    """Where the files are, and when one is complete.

    Attributes:
        directory: holds `inbox`, `done`, `error` and `outbox`; all on one file system.
        patterns: names of documents, as a shell would match them, whatever the case of their letters; other
            files are never touched, and named in the log. Names that
            end in `.csv` are of tables, any others of XML or JSON.
        stable_s: a file is read when size and time of change have stood still for so long.
        poll_s: how often the inbox is looked into.
    """

    directory: Location
    patterns: Annotated[tuple[str, ...], Field(min_length=1, strict=False)] = ("*.xml", "*.json", "*.csv")
    stable_s: Annotated[float, Field(ge=0, le=600)] = 2.0
    poll_s: Annotated[float, Field(gt=0, le=600)] = 1.0

    @field_validator("patterns")
    @classmethod
    def _plain(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        if any("/" in pattern or pattern.startswith(".") for pattern in patterns):
            raise ValueError("a pattern is of a file name: without '/', not beginning with '.'")
        return patterns


def _open(options: FolderOptions, context: ChannelContext) -> Channel:
    from adapters.folder.channel import FolderChannel  # noqa: PLC0415  (as every adapter: only if enabled)

    return FolderChannel(options, context)


ADAPTER: Final = Adapter(
    descriptor=Descriptor(
        protocol="shared folder (our own naming; not claimed to be ECP's FSSF)",
        information_model="market documents as XML, their canonical JSON, or bids as CSV",
        inward=Initiative.PEER,
        outward=Initiative.GATEWAY,
        timing="the inbox is looked into every few seconds; answers are written at once",
        interaction=(
            "the peer writes a file under another name and renames it into inbox/",
            "the gateway stores it and moves it to done/, or to error/ with its reason",
            "the gateway writes outbox/NAME.KIND.MESSAGE-ID.xml, NAME being the file it answers",
            "the peer takes the answer away",
        ),
    ),
    options=FolderOptions,
    open=_open,
)
"""The shared folder."""
