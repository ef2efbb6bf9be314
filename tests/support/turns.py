"""Many threads of which one runs at a time, in an order that a seed decides: a history can be played again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Semaphore, Thread, get_ident


@dataclass
class Turns:
    """Hands the turn from thread to thread, wherever a thread pauses."""

    random: Random
    now: int = 0
    """Turns that were taken: the time of whatever is recorded."""
    _waiting: dict[int, Semaphore] = field(default_factory=dict)
    _failures: list[BaseException] = field(default_factory=list)

    def run(self, tasks: Sequence[Callable[[], object]]) -> None:
        """Run all of these to their ends.

        Raises:
            BaseException: What the first of them raised.
        """
        threads = [Thread(target=self._task, args=(task,)) for task in tasks]
        ready = Semaphore(0)
        self._ready = ready
        for thread in threads:
            thread.start()
            ready.acquire()
        self._hand_over()
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def pause(self) -> None:
        """Let anybody go on, perhaps this one; nothing for a thread that takes no turns."""
        mine = self._waiting.get(get_ident())
        if mine is not None:
            self._hand_over()
            mine.acquire()

    def _task(self, task: Callable[[], object]) -> None:
        mine = self._waiting[get_ident()] = Semaphore(0)
        self._ready.release()
        mine.acquire()
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - told to whoever runs them
            self._failures.append(error)
        finally:
            del self._waiting[get_ident()]
            self._hand_over()

    def _hand_over(self) -> None:
        self.now += 1
        if self._waiting:
            self.random.choice(list(self._waiting.values())).release()
