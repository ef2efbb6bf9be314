"""The description of a running stack, for tests, the demo and people: `.local/stack.json`."""

import json
from dataclasses import asdict, dataclass

from local.paths import Layout


@dataclass(frozen=True, slots=True)
class StackState:
    """A deployed stack.

    Attributes:
        name: The local name (`main`, `test`).
        stack_name: The CloudFormation stack's name.
        api_url: The HTTP API with its stage; `{api_url}/healthz` answers.
        endpoint_url: Every AWS service of this stack.
        region: The stack's region.
        aws_access_key_id: The emulator's root caller.
        aws_secret_access_key: Its secret.
        bucket: Where VRTs are written.
        source_bucket: An empty bucket for COGs, readable for the functions.
        table: The catalogue.
        functions: Physical function names by short name (`api`, `builder`, …).
        queues: Queue URLs by short name (`builds`, …).
        outputs: The CloudFormation stack's outputs.
        issuer: The development issuer of tokens: its `iss`, and where its discovery document is.
        audience: The tokens' `aud`.
        pid: The emulator's process id.
        isolated: Whether functions run inside bubblewrap.
        deployed: Digest of what is deployed.
        settings: What it was started with, as `local.environment.settings` gives it.
    """

    name: str
    stack_name: str
    api_url: str
    endpoint_url: str
    region: str
    aws_access_key_id: str
    aws_secret_access_key: str
    bucket: str
    source_bucket: str
    table: str
    functions: dict[str, str]
    queues: dict[str, str]
    outputs: dict[str, str]
    issuer: str
    audience: str
    pid: int
    isolated: bool
    deployed: str
    settings: dict[str, str]


def write(layout: Layout, state: StackState) -> None:
    """Write the description in one step."""
    draft = layout.state_file.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(state), indent=2) + "\n")
    draft.replace(layout.state_file)


def read(layout: Layout) -> StackState | None:
    """The description; None if there is none, or one of another version of this file."""
    try:
        return StackState(**json.loads(layout.state_file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
