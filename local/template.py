"""The built template for one machine: the same resources, with each function run by our bootstrap.

Of a function only `Runtime`, `Layers` and the code's folder change, and a layer's content becomes a marker: the
emulator does not put layers at `/opt`, so the bootstrap does. Four more things are said as the emulator understands
them: statements that deny what does not come over TLS are left out, a number given as a parameter is written as a
number, CORS settings are spelt as the gateway's own API spells them, and whoever may send a message may send a batch.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FUNCTION = "AWS::Serverless::Function"
BUCKET_POLICY = "AWS::S3::BucketPolicy"
HTTP_API = "AWS::ApiGatewayV2::Api"
LAYER = "AWS::Serverless::LayerVersion"
ROLE = "AWS::IAM::Role"
SEND = "sqs:SendMessage"
EXECUTOR_RUNTIME = "provided.al2023"
PYTHON_RUNTIME = "python3.13"

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, read as their long forms."""


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> Template:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"tag !{suffix}: expected a scalar, sequence or mapping; found {type(node).__name__}")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


def load(file: Path) -> Template:
    """Read a template.

    Raises:
        ValueError: It is not a mapping with `Resources`.
    """
    template = yaml.load(file.read_text(), _Loader)  # noqa: S506 -- a SafeLoader with CloudFormation's tags
    if not isinstance(template, dict) or "Resources" not in template:
        raise ValueError(f"{file}: expected a CloudFormation template with Resources; found {type(template).__name__}")
    return template


def resources(template: Template, kind: str) -> dict[str, Template]:
    """The resources of one type by logical id."""
    return {name: body for name, body in template["Resources"].items() if body.get("Type") == kind}


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """What a function is made of in the build.

    Attributes:
        logical_id: Its name in the template.
        code: The folder with its handler.
        layers: Logical ids of the layers in the order in which they are laid over one another.
        variables: Names of its environment variables.
    """

    logical_id: str
    code: Path
    layers: tuple[str, ...]
    variables: tuple[str, ...]


def _setting(template: Template, body: Template, name: str) -> Any:
    shared = template.get("Globals", {}).get("Function", {})
    return body.get("Properties", {}).get(name, shared.get(name))


def _variables(template: Template, body: Template) -> tuple[str, ...]:
    shared = template.get("Globals", {}).get("Function", {}).get("Environment", {}).get("Variables", {})
    own = body.get("Properties", {}).get("Environment", {}).get("Variables", {})
    return tuple(sorted({*shared, *own}))


def _layer_ids(template: Template, body: Template) -> tuple[str, ...]:
    shared = template.get("Globals", {}).get("Function", {}).get("Layers", [])
    own = body.get("Properties", {}).get("Layers", [])
    return tuple(dict.fromkeys(layer["Ref"] for layer in [*shared, *own]))


def functions(template: Template, built: Path) -> list[FunctionCode]:
    """The Python functions of a built template.

    Raises:
        ValueError: A function has another runtime than the project's.
    """
    found = []
    for name, body in resources(template, FUNCTION).items():
        runtime = _setting(template, body, "Runtime")
        if runtime != PYTHON_RUNTIME:
            raise ValueError(f"function {name}: expected Runtime {PYTHON_RUNTIME}; found {runtime}")
        code = built / _setting(template, body, "CodeUri")
        found.append(FunctionCode(name, code, _layer_ids(template, body), _variables(template, body)))
    return found


def layer_folders(template: Template, built: Path) -> dict[str, Path]:
    """Where each layer's content was built, by logical id."""
    return {name: built / body["Properties"]["ContentUri"] for name, body in resources(template, LAYER).items()}


def _without_tls(template: Template) -> None:
    """Drop bucket policy statements that deny plain HTTP: the emulator enforces them, and loopback has no TLS."""
    for name, body in resources(template, BUCKET_POLICY).items():
        document = body["Properties"]["PolicyDocument"]
        document["Statement"] = [
            statement
            for statement in document["Statement"]
            if "aws:SecureTransport" not in statement.get("Condition", {}).get("Bool", {})
        ]
        if not document["Statement"]:
            del template["Resources"][name]


def _with_numbers(template: Template, values: dict[str, str]) -> None:
    """Write the poller's concurrency as a number: the emulator compares the parameter's text with integers."""
    for body in resources(template, FUNCTION).values():
        for event in body["Properties"].get("Events", {}).values():
            scaling = event["Properties"].get("ScalingConfig", {})
            name = scaling.get("MaximumConcurrency")
            if isinstance(name, dict):
                default = template["Parameters"][name["Ref"]]["Default"]
                scaling["MaximumConcurrency"] = int(values.get(name["Ref"], default))


def _with_cors(template: Template) -> None:
    """Spell the CORS settings as the gateway's own API does: the emulator's CloudFormation does not translate them."""
    for body in resources(template, HTTP_API).values():
        settings = body["Properties"].get("CorsConfiguration", {})
        body["Properties"]["CorsConfiguration"] = {
            name[0].lower() + name[1:]: value for name, value in settings.items()
        }


def _with_batches(template: Template) -> None:
    """Permit the batch beside the single message: the emulator takes it for an action of its own, AWS has none."""
    for body in resources(template, ROLE).values():
        for policy in body["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement.get("Action") == SEND:
                    statement["Action"] = [SEND, f"{SEND}Batch"]


def localise(template: Template, code: dict[str, Path], layers: dict[str, Path], values: dict[str, str]) -> None:
    """Point a template's functions and layers at what is deployed locally, in place.

    Args:
        template: A built template.
        code: For each function the folder that holds its code and its bootstrap.
        layers: For each layer the folder with its marker.
        values: The parameters with which it will be deployed.
    """
    shared = template.get("Globals", {}).get("Function", {})
    for setting in ("Runtime", "Layers"):
        shared.pop(setting, None)
    for name, body in resources(template, FUNCTION).items():
        body["Properties"] |= {"Runtime": EXECUTOR_RUNTIME, "CodeUri": str(code[name])}
        body["Properties"].pop("Layers", None)
    for name, body in resources(template, LAYER).items():
        body["Properties"]["ContentUri"] = str(layers[name])
    _with_numbers(template, values)
    _with_cors(template)
    _with_batches(template)
    _without_tls(template)
