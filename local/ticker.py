"""Invokes the reconciler every few seconds, as the schedule does every minute, so that recovery is seen in seconds.

Run as `python -m local.ticker NAME SECONDS`; it ends when it can no longer reach the stack.
"""

import json
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from local import aws
from local.paths import Layout
from local.state import StackState, read
from local.terminal import say

FUNCTION = "reconciler"
_MAX_UNREACHED = 5


def scheduled_event(region: str) -> dict[str, Any]:
    """What EventBridge sends for a scheduled rule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:000000000000:rule/local-ticker"],
        "detail": {},
    }


def _tick(functions: Any, state: StackState) -> bool:
    """Invoke once; False if the emulator could not be reached."""
    payload = json.dumps(scheduled_event(state.region)).encode()
    try:
        answer = functions.invoke(FunctionName=state.functions[FUNCTION], Payload=payload)
    except ClientError as error:
        say(f"refused: {error}")
        return True
    except (HTTPClientError, OSError) as error:
        say(f"not reached: {error}")
        return False
    if "FunctionError" in answer:
        say(f"{answer['FunctionError']}: {answer['Payload'].read().decode()}")
    return True


def main(name: str, interval: float) -> int:
    """Tick until the stack is gone."""
    layout = Layout(name)
    unreached = 0
    while unreached < _MAX_UNREACHED:
        state = read(layout)
        if state is None:
            unreached += 1
        else:
            functions = aws.client("lambda", state.endpoint_url)
            unreached = 0 if _tick(functions, state) else unreached + 1
        time.sleep(interval)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
