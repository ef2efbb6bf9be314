"""A share of one processor for a process, by cgroup v1: what Lambda gives with a memory setting."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

ROOT: Final = Path("/sys/fs/cgroup/cpu")
PERIOD_US: Final = 20_000
"""Length of a turn, microseconds; a process that has used up its share waits for the next one."""
MB_PER_PROCESSOR: Final = 1769
"""AWS Lambda's guide, "Configure Lambda function memory": at 1,769 MB a function has one virtual processor."""


def quota_us(memory_mb: int, processors: int) -> int:
    """Microseconds of processor time in each turn for a memory setting.

    Args:
        memory_mb: The setting.
        processors: How many this machine has; no quota gives more.
    """
    return min(round(PERIOD_US * memory_mb / MB_PER_PROCESSOR), PERIOD_US * processors)


def is_possible() -> bool:
    """Whether this process may make groups: it is root's, and the controller is mounted."""
    return shutil.which("sh") is not None and os.access(ROOT / "cgroup.procs", os.W_OK)


@contextmanager
def share(memory_mb: int) -> Iterator[Path]:
    """A group with the share of a memory setting, while the block runs; a process joins by writing into the file.

    Args:
        memory_mb: The setting.

    Raises:
        OSError: `is_possible` is false, or a process still runs in the group at the end.
    """
    group = ROOT / f"rasterloom-{uuid4()}"
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota_us(memory_mb, os.cpu_count() or 1)))
        yield group / "cgroup.procs"
    finally:
        group.rmdir()
