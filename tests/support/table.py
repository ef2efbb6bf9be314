"""The catalogue's table as `template.yaml` defines it, so that tests and deployment cannot drift apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import yaml
from moto import mock_aws

from rasterloom.adapters.catalog_dynamodb import Catalog, open_catalog
from rasterloom.adapters.catalog_dynamodb.client import Rounds
from rasterloom.adapters.catalog_dynamodb.values import Blobs

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TEMPLATE: Final = Path(__file__).parents[2] / "template.yaml"
TABLE: Final = "catalog"
AT_ONCE: Final = Rounds(sleep=lambda _: None)
"""Tries without pauses."""

_CREATE: Final = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


class _Loader(yaml.SafeLoader):
    """YAML in which `!Ref x`, `!Sub x` and the like are read as what they are written with."""


def _as_written(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _as_written)


@cache
def table_properties() -> dict[str, Any]:
    """The properties of the template's only table."""
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    tables = [found for found in template["Resources"].values() if found["Type"] == "AWS::DynamoDB::Table"]
    (table,) = tables
    properties: dict[str, Any] = table["Properties"]
    return properties


def create_table(client: "DynamoDBClient", name: str = TABLE) -> None:
    """Create the table."""
    properties = table_properties()
    parameters: Any = {part: properties[part] for part in _CREATE}
    client.create_table(TableName=name, **parameters)


@contextmanager
def catalog_on_moto(blobs: Blobs) -> Iterator[Catalog]:
    """The real adapters on an in-process DynamoDB: for conditions, never for a race, since moto has no isolation."""
    with mock_aws():
        client = _client()
        create_table(client)
        yield open_catalog(client, TABLE, blobs, AT_ONCE)


@cache
def _client() -> "DynamoDBClient":
    """One client for all tests of a process: it takes longer to make than most tests take, and holds no state."""
    return boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url="https://dynamodb.us-east-1.amazonaws.com",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
