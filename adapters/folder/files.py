"""Files that others read and write at the same time: never half seen, never overwritten."""

import errno
import os
import stat
import uuid
from pathlib import Path
from typing import Final

_UNFINISHED: Final = ".flexgate-"
_LONGEST_NAME: Final = 255
"""Bytes of a file name, in usual file systems (NAME_MAX)."""

_OF_ONE_FILE: Final = frozenset({errno.ENAMETOOLONG, errno.EEXIST, errno.EILSEQ, errno.EINVAL})
"""Faults of one file only, not of others in the same folder."""


def is_of_one_file(error: OSError) -> bool:
    """Whether a fault is of the file that was written, and of no other."""
    return error.errno in _OF_ONE_FILE


def fitting(name: str, end: str) -> str:
    """A name with an end to it; the name is cut where both have more bytes than a file system allows."""
    left = _LONGEST_NAME - len(os.fsencode(end))
    encoded = os.fsencode(name)
    return (name if len(encoded) <= left else encoded[:left].decode("utf-8", "ignore")) + end


def probe(directory: Path) -> None:
    """Find out whether files can be written to a folder.

    Raises:
        OSError: they cannot.
    """
    file = directory / f"{_UNFINISHED}{uuid.uuid4().hex}"
    try:
        with file.open("xb") as out:
            out.write(b"-")
            out.flush()
            os.fsync(out.fileno())
    finally:
        file.unlink(missing_ok=True)


def publish(data: bytes, target: Path) -> None:
    """Create a file atomically under its final name, durable before it is seen.

    Raises:
        FileExistsError: there is one with other content; it stays.
        OSError: it cannot be written.
    """
    temporary = target.with_name(f"{_UNFINISHED}{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as out:
            # Users of the folder may use what is put there.
            os.fchmod(out.fileno(), target.parent.stat().st_mode & 0o666)
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(temporary, target)  # unlike a rename, this never replaces
        except FileExistsError:
            if target.read_bytes() != data:
                raise
    finally:
        temporary.unlink(missing_ok=True)
    _sync(target.parent)


def claim(file: Path, directory: Path) -> Path:
    """Claim a file in one step, so that a later start knows that it was being submitted.

    Raises:
        OSError: it cannot be claimed, or one of its name is claimed already.
    """
    claimed = directory / file.name
    if os.path.lexists(claimed):
        raise OSError(errno.EEXIST, "an earlier file of this name is still in hand")
    file.rename(claimed)
    return claimed


def move(file: Path, directory: Path) -> Path:
    """Move a file within the file system; a name that is taken there gets a number.

    Raises:
        OSError: it cannot be moved.
    """
    for number in range(1_000_000):
        name = file.name if number == 0 else fitting(file.stem, f".{number}{file.suffix}")
        target = directory / name
        try:
            os.link(file, target)
        except FileExistsError:
            continue
        file.unlink()
        _sync(directory)
        return target
    raise FileExistsError(f"too many files are named {file.name}")


def read_unchanged(file: Path, largest: int) -> bytes:
    """The first `largest` + 1 bytes of a regular file, if it did not change while it was read.

    Raises:
        OSError: it cannot be read, is a link or a device, or is being written.
    """
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as opened:
        before = os.fstat(opened.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        data = opened.read(largest + 1)
        after = os.fstat(opened.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise OSError(errno.EBUSY, "changed while it was read")
    return data


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
