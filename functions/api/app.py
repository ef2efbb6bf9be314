"""The function `api`: one HTTP request in, one answer out."""

from typing import Any

from rasterloom.bootstrap import container, warm_if_nobody_waits
from rasterloom.http.application import Application
from rasterloom.http.routes import ROUTES
from rasterloom.observability import answering, observed

application = Application(ROUTES, container)
warm_if_nobody_waits()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an event of API Gateway (payload format 2.0)."""
    request_id = event["requestContext"].get("requestId") or context.aws_request_id
    with answering(request_id):
        return application(event, request_id)
