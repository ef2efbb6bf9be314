"""Files that are there whole, or not at all."""

import os
import tempfile
from collections.abc import Iterable
from errno import EISDIR
from pathlib import Path


def write_atomically(chunks: Iterable[bytes], target: Path) -> int:
    """Write a file beside its place, then move it there; readers see the old file or the whole new one.

    Args:
        chunks: The content, in order. If it ends with an error, nothing of it stays behind.
        target: Where the file shall be; a file that is there is replaced.

    Returns:
        Bytes written.

    Raises:
        OSError: The folder is not there, or cannot be written to, or the file is a folder itself.
    """
    if target.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(target))
    try:
        descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    try:
        with os.fdopen(descriptor, "wb") as output:
            size = sum(output.write(chunk) for chunk in chunks)
            output.flush()
            os.fsync(output.fileno())
        Path(draft).chmod(_mode(target))
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return size


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those of a new one."""
    try:
        return target.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
