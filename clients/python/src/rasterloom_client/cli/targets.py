"""Where files are written."""

from pathlib import Path


def target_of(output: str | None, name: str) -> Path:
    """Where a file is written: as it is told, by its own name in a folder that is told, or else in this folder."""
    told = Path(output or ".")
    return told / name if told.is_dir() else told
