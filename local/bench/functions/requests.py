"""Requests as API Gateway hands them to the function `api`."""

import json
from typing import Any, Final
from uuid import uuid4

from local.paths import ROOT

HTTP_EVENT: Final = ROOT / "events" / "http" / "create_vrt.json"


def request(token: str, method: str, path: str, body: Any = None) -> Any:
    """An event of API Gateway, with an idempotency key of its own.

    Args:
        token: The caller's.
        method: Of HTTP.
        path: Below the API's own.
        body: What to send as JSON, if anything.
    """
    event = json.loads(HTTP_EVENT.read_text(encoding="utf-8"))
    signed = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
    http = event["requestContext"]["http"] | {"method": method, "path": f"/api{path}"}
    context = event["requestContext"] | {"http": http}
    event |= {"rawPath": f"/api{path}", "headers": event["headers"] | signed, "requestContext": context}
    return event | {"body": None if body is None else json.dumps(body)}
