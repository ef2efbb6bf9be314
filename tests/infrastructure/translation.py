"""template.yaml as CloudFormation gets to see it: with SAM's own resources expanded."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT: Final = Path(__file__).parents[2]
REGION: Final = "us-east-1"
FUNCTIONS: Final = ("ApiFunction", "BuilderFunction", "RegistrarFunction", "ReconcilerFunction")

type Json = dict[str, Any]


@cache
def _source_text() -> str:
    """As JSON, so that each reader has a copy of its own and YAML's aliases are no shared objects."""
    return json.dumps(yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8")))


def source() -> Json:
    """The template as it is written, with short forms such as `!Ref` spelled out."""
    return cast("Json", json.loads(_source_text()))


def translated(template: Json | None = None) -> Json:
    """The template after the SAM transform.

    Args:
        template: What to translate, `source()` by default. Code is replaced by the place that `sam package` would
            upload it to.
    """
    template = source() if template is None else template
    for resource in template["Resources"].values():
        for name in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][name] = "s3://packages/package.zip"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    return cast("Json", translator.translate(template, {}))


def of_type(template: Json, kind: str) -> dict[str, Json]:
    """Properties of the resources of a type, by logical id."""
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def default_of(template: Json, value: Any) -> Any:
    """What a value is with default parameters; what depends on other resources stays as it is."""
    if isinstance(value, dict) and value.keys() == {"Ref"} and value["Ref"] in template["Parameters"]:
        return template["Parameters"][value["Ref"]]["Default"]
    return value
