"""The development issuer: OIDC discovery and the key set, on loopback.

Run as `python -m local.issuer PORT`. It has no login: whoever can read the key in `.local/` can mint tokens.
"""

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.ports import LOOPBACK
from local.tokens import ALGORITHM, public_jwk, signing_key

DISCOVERY_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/.well-known/jwks.json"


def url(port: int) -> str:
    """The issuer's name, which is where it is."""
    return f"http://{LOOPBACK}:{port}"


def documents(port: int) -> dict[str, dict[str, Any]]:
    """What the issuer serves, by path (OpenID Connect Discovery 1.0, sections 3 and 4)."""
    discovery = {
        "issuer": url(port),
        "jwks_uri": f"{url(port)}{KEYS_PATH}",
        "authorization_endpoint": f"{url(port)}/authorize",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
    }
    return {DISCOVERY_PATH: discovery, KEYS_PATH: {"keys": [public_jwk(signing_key())]}}


def serve(port: int) -> None:
    """Answer until the process ends."""
    answers = {path: json.dumps(document).encode() for path, document in documents(port).items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = answers.get(self.path.partition("?")[0])
            self.send_response(HTTPStatus.NOT_FOUND if body is None else HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    ThreadingHTTPServer((LOOPBACK, port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
