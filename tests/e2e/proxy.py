"""A proxy in front of the stack that fails as AWS does: throttles, conflicts, 5xx, cut bodies, lost acknowledgements.

It is the package `microburst`, which renders an error of a service as that service does, so that boto3, obstore and
GDAL take it for real. A process under test gets its address in the place of the stack's. It signs what it passes on
anew, since its own host name is part of a signature, with the stack's own credentials: no role is tried through it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import urllib3

from local import aws
from local.paths import ROOT
from local.ports import any_free
from local.state import StackState
from tests.e2e.stack import plain_environment

START_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy."""

    url: str

    @contextmanager
    def failing(self, *rules: Mapping[str, Any]) -> Iterator[None]:
        """Have calls fail by these rules while the block runs; with no rule it passes everything on.

        Raises:
            AssertionError: The block ended well, and one of the rules has never been used.
        """
        self._control("DELETE", "fired")
        self._control("POST", "rules", rules)
        try:
            yield
            used = {fired["rule_id"] for fired in self._control("GET", "fired")}
            unused = [rule for rule in self._control("GET", "rules") if rule["id"] not in used]
            assert not unused, f"no call was made to fail by {unused}"
        finally:
            self._control("POST", "rules", [])

    def _control(self, method: str, what: str, body: Sequence[Mapping[str, Any]] | None = None) -> Any:
        address = f"{self.url}/_microburst/{what}"
        answer = urllib3.request(method, address, json=list(body) if body is not None else None, retries=False)
        assert answer.status < 300, answer.data
        return json.loads(answer.data or b"null")


@contextmanager
def running_proxy(stack: StackState, folder: Path) -> Iterator[Proxy]:
    """Run a proxy while the block runs; its log goes into the folder."""
    port = any_free()
    command = [
        sys.executable,
        "-m",
        "tests.support.fault_proxy",
        "--resign",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    credentials = {"AWS_ACCESS_KEY_ID": stack.aws_access_key_id, "AWS_SECRET_ACCESS_KEY": stack.aws_secret_access_key}
    log = folder / "proxy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--upstream", stack.endpoint_url],
            cwd=ROOT,
            env=plain_environment() | credentials,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(process, url, log)
        _warm(url)
        yield Proxy(url)
    finally:
        process.kill()
        process.wait(10)


def _warm(url: str) -> None:
    """Have it load the models of our services, which takes longer than our clients wait for an answer."""
    aws.client("dynamodb", url).list_tables()
    aws.client("sqs", url).list_queues()
    aws.s3(url).list_buckets()


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if json.loads(urllib3.request("GET", f"{url}/_microburst/health", retries=False).data)["status"] == "ok":
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"the proxy has not started: {log.read_text(errors='replace')[-2000:]}")
