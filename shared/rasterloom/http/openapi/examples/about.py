"""Examples about the API itself."""

from http import HTTPStatus
from typing import Any, Final

from rasterloom import __version__
from rasterloom.http.answers import Health

_HEALTH: Final[Health] = {"status": "ok", "version": __version__}

ANSWERS: Final[dict[str, dict[HTTPStatus, dict[str, Any]]]] = {
    "healthz": {HTTPStatus.OK: {"It answers": _HEALTH}},
    "openapi": {
        HTTPStatus.OK: {
            "Its beginning": {"openapi": "3.1.0", "info": {"title": "Rasterloom", "version": __version__}, "paths": {}}
        }
    },
}
