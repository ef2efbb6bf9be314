"""What a warm GET takes in the function `api`: the real runtime interface client beside the stack, one call by one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from local.bench.functions.process import Launch, running
from local.bench.functions.requests import request
from local.bench.functions.workload import LOG, told
from local.bench.service.deployed import CALLER, Deployed
from local.bench.tiles import BUCKET

READS: Final = 50
WARM: Final = 5
"""Calls of each kind that are not counted."""


def read_ms(deployed: Deployed, paths: Mapping[str, str], *, watched: bool = False) -> Mapping[str, Sequence[float]]:
    """Milliseconds from an event to its answer, by the name of what is read.

    Args:
        deployed: Where the function is deployed, whose environment it has.
        paths: By name, below the API's own.
        watched: Whether the function takes the benchmark's files for watched ones, of which events tell.

    Raises:
        StepError: An answer is not 200.
    """
    launch = Launch.of(deployed.stack, "api", deployed.server.url)
    if watched:
        watch_list = json.dumps([{"bucket": BUCKET, "owner": CALLER.subject}])
        launch = replace(launch, environment={**launch.environment, "WATCH_LIST": watch_list})
    found = {}
    with running(launch, LOG) as function:
        for name, path in paths.items():
            taken = []
            for _ in range(WARM + READS):
                told(function.invoke(request(deployed.token, "GET", path)), 200)
                taken.append(1000 * function.last.wall)
            found[name] = taken[WARM:]
    return found
