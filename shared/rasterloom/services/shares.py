"""How long whoever works off many things goes on: it is one of several, and each has its share of the time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import takewhile
from typing import Final

from rasterloom.ports import Clock

ENDLESS: Final = datetime.max.replace(tzinfo=UTC)
"""Until when somebody works who is alone."""


def until_then[Thing](things: Iterable[Thing], clock: Clock, until: datetime) -> Iterator[Thing]:
    """Things one by one, none of them from that moment on; what was begun before is brought to its end."""
    return takewhile(lambda _: clock() < until, things)
