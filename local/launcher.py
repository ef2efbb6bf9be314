"""Runs inside the emulator's own environment: MiniStack, with its Runtime API answering without delay.

Its Runtime API server writes headers and body in two segments; with Nagle's algorithm on, the second one waits 40 ms
for the client's delayed acknowledgement on every call. And after an invocation it waits for log lines, 50 ms where
none come; a line that a function wrote before its answer is there by then, and a later one goes to the next invocation.
"""

import runpy
import socketserver
from functools import partialmethod

from ministack.core.lambda_runtime import Worker

FIRST_LINE = 0.003
"""Seconds that the end of an invocation waits for its first log line."""
NEXT_LINE = 0.002
"""Seconds that it waits for another."""

if __name__ == "__main__":
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    Worker._drain_stderr_bounded = partialmethod(  # noqa: SLF001 - the emulator has no setting for it
        Worker._drain_stderr_bounded,  # noqa: SLF001 - as above
        first_line_wait=FIRST_LINE,
        idle_confirm=NEXT_LINE,
    )
    runpy.run_module("ministack", run_name="__main__")
