"""Folders of files: their digest, a copy that shares the bytes, and several laid over one another as Lambda does."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

_CACHES = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})


def files(root: Path, *, skip: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Every file and link below `root` in a stable order; `root` itself if it is a file.

    Args:
        root: A folder or a file; nothing is found where there is neither.
        skip: Names of folders that are left out.
    """
    if not root.is_dir():
        if root.exists():
            yield root
        return
    for folder, names, found in os.walk(root):
        names[:] = sorted(name for name in names if name not in skip)
        for name in sorted(found):
            yield Path(folder) / name


def digest(roots: Iterable[Path], base: Path) -> str:
    """One digest over paths (relative to `base`), executable bits and contents; caches of tools do not count."""
    total = hashlib.blake2b(digest_size=16)
    for root in roots:
        for file in files(root, skip=_CACHES):
            total.update(f"{file.relative_to(base)}\0{file.stat().st_mode & 0o111:o}\0".encode())
            total.update(hashlib.blake2b(file.read_bytes()).digest())
    return total.hexdigest()


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy2(source, target)


def overlay(sources: Iterable[Path], target: Path) -> None:
    """Lay folders over one another into `target`, later ones winning, as Lambda extracts layers into `/opt`.

    Files are hard links where the file system allows, so that the next build, which replaces its folders, leaves them.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source in sources:
        for file in files(source):
            _place(file, target / file.relative_to(source))
