"""Many threads that do the same thing at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def race[T](contestants: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run all at once, and answer what each returned or raised, in order."""
    start = Barrier(len(contestants))

    def run(contestant: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return contestant()
        except Exception as error:  # noqa: BLE001 - the test judges every outcome
            return error

    with ThreadPoolExecutor(len(contestants)) as threads:
        return list(threads.map(run, contestants))
