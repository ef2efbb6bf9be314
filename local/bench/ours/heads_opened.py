"""As `heads_parsed`, where no header is like another one: GDAL opens each."""

from unittest.mock import patch

from local.bench.ours import heads_parsed
from local.bench.work import Task, Told, main
from rasterloom.adapters.gdal_environment import configure


def work(task: Task) -> Told:
    """Read with nothing remembered of one header for the next one."""
    with patch("rasterloom.adapters.kindred.told", return_value=None):
        return heads_parsed.work(task)


if __name__ == "__main__":
    configure()
    main(work)
