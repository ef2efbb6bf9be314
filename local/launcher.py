"""Runs inside the emulator's own environment: MiniStack, with its Runtime API and its DynamoDB answering without delay.

Its Runtime API server writes headers and body in two segments; with Nagle's algorithm on, the second one waits 40 ms
for the client's delayed acknowledgement on every call. And after an invocation it waits for log lines, 50 ms where
none come; a line that a function wrote before its answer is there by then, and a later one goes to the next invocation.

Its DynamoDB reads an expression anew for each item that it looks at, and for a page of a query it looks at all items of
the partition: of 100,000 each page took 1.9 s, whereas DynamoDB's pages take as long as what they hold.
"""

import re
import runpy
import socketserver
from bisect import bisect_right
from functools import lru_cache, partialmethod
from typing import Any

from ministack.core.lambda_runtime import Worker
from ministack.services import dynamodb

FIRST_LINE = 0.003
"""Seconds that the end of an invocation waits for its first log line."""
NEXT_LINE = 0.002
"""Seconds that it waits for another."""
EXPRESSIONS = 1024
"""Expressions that are remembered as read."""
PARTITION_ALONE = re.compile(r"#\w+ = :\w+")
"""A key condition that holds of every item of the partition, and only such items are held against it."""


def quick_tables() -> None:
    """Have each expression read once, keys compared without more ado, and a page sought in the items' order."""
    remembered = lru_cache(EXPRESSIONS)
    evaluate, order = dynamodb._evaluate_condition, dynamodb._index_order_value  # noqa: SLF001 - no setting for it
    go_on = dynamodb._apply_exclusive_start_key  # noqa: SLF001 - as above

    def evaluated(expression: str, *rest: Any, slot: str = "ConditionExpression") -> Any:
        is_partition = slot == "KeyConditionExpression" and PARTITION_ALONE.fullmatch(expression)
        return True if is_partition else evaluate(expression, *rest, slot=slot)

    def ordered(item: Any, name: str, kind: str) -> Any:
        return item[name]["S"] if kind == "S" and name in item else order(item, name, kind)

    def gone_on(items: Any, start: Any, hashed: Any, ranged: Any, *forward: bool, **rest: Any) -> Any:
        if forward != (True,):
            return go_on(items, start, hashed, ranged, *forward, **rest)
        keys = dynamodb._index_order_keys(rest["table"], ranged)  # noqa: SLF001 - as above

        def place(item: Any) -> tuple[Any, ...]:
            return tuple(ordered(item, name, kind) for name, kind in keys)

        return items[bisect_right(items, place(start), key=place) :]

    dynamodb._evaluate_condition = evaluated  # noqa: SLF001 - as above
    dynamodb._index_order_value = ordered  # noqa: SLF001 - as above
    dynamodb._apply_exclusive_start_key = gone_on  # noqa: SLF001 - as above
    dynamodb._tokenize = remembered(dynamodb._tokenize)  # noqa: SLF001 - as above
    dynamodb._condition_syntax_error = remembered(dynamodb._condition_syntax_error)  # noqa: SLF001 - as above


if __name__ == "__main__":
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    Worker._drain_stderr_bounded = partialmethod(  # noqa: SLF001 - the emulator has no setting for it
        Worker._drain_stderr_bounded,  # noqa: SLF001 - as above
        first_line_wait=FIRST_LINE,
        idle_confirm=NEXT_LINE,
    )
    quick_tables()
    runpy.run_module("ministack", run_name="__main__")
