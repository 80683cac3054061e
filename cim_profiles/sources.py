"""Files, folders and zips as one list of XML files; nothing is ever unpacked to the disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from cim_profiles.findings import GridFileError, Place

LARGEST_BYTES: Final = 2 << 30
"""What all files of one zip may hold together."""
HIGHEST_RATIO: Final = 200
"""Grid files shrink to a twentieth; what shrinks further than this, beyond `SMALL_BYTES`, is no grid file."""
SMALL_BYTES: Final = 16 << 20
_SUFFIXES: Final = (".xml", ".rdf")
_DEEPEST: Final = 2
"""A zip of zips is how grid models are exchanged; there is no third level."""


@dataclass(frozen=True, slots=True)
class Source:
    """An XML file: its name for messages, the path argument it belongs to, and the way to it.

    Attributes:
        direct: whether the argument is this file, which then must be CIM, and is not passed over.
    """

    name: str
    argument: int
    path: Path
    members: tuple[str, ...] = ()
    direct: bool = False

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The bytes of the file, as a stream."""
        with self.path.open("rb") as file:
            yield from _inside(file, self.members)


def _inside(file: IO[bytes], members: tuple[str, ...]) -> Iterator[IO[bytes]]:
    if not members:
        yield file
        return
    with zipfile.ZipFile(file) as archive, archive.open(members[0]) as member:
        yield from _inside(io.BytesIO(member.read()) if members[1:] else member, members[1:])


def sources(paths: Iterable[Path]) -> list[Source]:
    """The XML files behind paths: files, folders with all below them, zips, zips in zips.

    Raises:
        GridFileError: no such path, no XML file there, a zip that is damaged, encrypted, too large, or has a
            path that leads outside.
    """
    found: list[Source] = []
    for argument, path in enumerate(paths):
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        below = [source for file in files for source in _of_file(file, argument, direct=file == path)]
        if not below:
            raise GridFileError(Place(str(path)), "a grid is XML files", "there is no XML file here")
        found += below
    return found


def _of_file(path: Path, argument: int, *, direct: bool) -> Iterator[Source]:
    if not path.is_file():
        raise GridFileError(Place(str(path)), "the file exists", "there is no such file or folder")
    if path.suffix.lower() == ".zip":
        with path.open("rb") as file:
            for members in _of_zip(file, str(path), 1):
                yield Source("!".join((str(path), *members)), argument, path, members)
    elif direct or path.suffix.lower() in _SUFFIXES:
        yield Source(str(path), argument, path, direct=direct)


def _of_zip(file: IO[bytes], name: str, depth: int) -> Iterator[tuple[str, ...]]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            _check_size(members, name)
            for member in members:
                _check_member(member, name)
                suffix = PurePosixPath(member.filename).suffix.lower()
                if suffix in _SUFFIXES:
                    yield (member.filename,)
                elif suffix == ".zip":
                    if depth == _DEEPEST:
                        raise GridFileError(Place(name), "zip in a zip", f"{member.filename} lies too deep")
                    inner = io.BytesIO(archive.read(member))
                    for below in _of_zip(inner, f"{name}!{member.filename}", depth + 1):
                        yield (member.filename, *below)
    except (zipfile.BadZipFile, RuntimeError, EOFError) as error:
        raise GridFileError(Place(name), "readable zip", f"this is no complete zip file: {error}") from error


def _check_size(members: list[zipfile.ZipInfo], name: str) -> None:
    total = sum(member.file_size for member in members)
    if total > LARGEST_BYTES:
        raise GridFileError(Place(name), "zip size", f"unpacked it would be {total:,} bytes")


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise GridFileError(Place(name), "zip path", f"{member.filename!r} leads outside of the zip")
    if member.flag_bits & 1:
        raise GridFileError(Place(name), "readable zip", f"{member.filename} is encrypted")
    if member.file_size > max(SMALL_BYTES, HIGHEST_RATIO * member.compress_size):
        raise GridFileError(
            Place(name),
            "zip size",
            f"{member.filename} would grow from {member.compress_size:,} to {member.file_size:,} bytes",
        )
