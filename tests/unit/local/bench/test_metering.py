"""What is counted of each request: on DynamoDB, S3 and SQS."""

from typing import Any

import pytest

from local.bench.metering.capacity import Index
from local.bench.metering.dynamo import DynamoMeter
from local.bench.metering.tally import Tally
from local.bench.metering.wire import Exchange, count_other, s3_kind
from tests.support.fakes import MemoryObjects
from tests.support.memory_dynamo import MemoryDynamo
from tests.support.table import TABLE, catalog_on_moto, table_properties

BY_OWNER = Index("by_owner", ("owner_pk", "created_id"))
PARTITION = {"#pk": "pk"}


def an_item(number: int, filling: int = 0) -> dict[str, Any]:
    listed = {"owner_pk": {"S": "o"}, "created_id": {"S": str(number)}, "more": {"S": "x" * filling}}
    return {"pk": {"S": "p"}, "sk": {"S": f"{number:03}"}} | listed


def key(number: int) -> dict[str, Any]:
    return {name: value for name, value in an_item(number).items() if name in {"pk", "sk"}}


class Counted:
    """A table in memory whose requests are counted."""

    def __init__(self) -> None:
        self.client = MemoryDynamo()
        self.meter = DynamoMeter(self.client, TABLE, (BY_OWNER,), Tally())

    def ask(self, operation: str, method: str, **request: Any) -> dict[str, float]:
        before = self.meter.before(operation, request)
        answer = getattr(self.client, method)(**request)
        self.meter.after(operation, request, answer, before)
        return dict(self.meter.tally.take())

    def put(self, *items: dict[str, Any]) -> None:
        for item in items:
            self.client.put_item(TableName=TABLE, Item=item)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_a_put_costs_its_kilobytes_and_as_many_in_the_index(counted: Counted) -> None:
    used = counted.ask("PutItem", "put_item", TableName=TABLE, Item=an_item(1, filling=1500))
    assert (used["dynamodb requests"], used["dynamodb write units"]) == (1, 4)
    assert used["dynamodb write units in indexes"] == 2
    assert used["dynamodb stored bytes"] > 2 * 1600


def test_a_transaction_costs_twice_but_for_its_indexes(counted: Counted) -> None:
    changes = [{"Put": {"TableName": TABLE, "Item": an_item(number)}} for number in range(3)]
    used = counted.ask("TransactWriteItems", "transact_write_items", TransactItems=changes, ClientRequestToken="once")
    assert (used["dynamodb items written"], used["dynamodb write units"]) == (3, 3 * 2 + 3)


def test_a_batch_of_writes_costs_as_each_of_them(counted: Counted) -> None:
    counted.put(an_item(2))
    writes = [{"PutRequest": {"Item": an_item(1)}}, {"DeleteRequest": {"Key": key(2)}}]
    used = counted.ask("BatchWriteItem", "batch_write_item", RequestItems={TABLE: writes})
    assert (used["dynamodb items written"], used["dynamodb write units"]) == (2, 4)


def test_a_projection_is_paid_for_whole(counted: Counted) -> None:
    counted.put(an_item(1, filling=5000), an_item(2))
    wanted = {
        "Keys": [key(1), key(2), key(3)],
        "ConsistentRead": True,
        "ProjectionExpression": "#pk",
        "ExpressionAttributeNames": PARTITION,
    }
    used = counted.ask("BatchGetItem", "batch_get_item", RequestItems={TABLE: wanted})
    assert used["dynamodb read units"] == 2 + 1 + 1


def test_a_read_that_may_be_old_costs_half(counted: Counted) -> None:
    counted.put(an_item(1))
    assert counted.ask("GetItem", "get_item", TableName=TABLE, Key=key(1))["dynamodb read units"] == 0.5
    strong = counted.ask("GetItem", "get_item", TableName=TABLE, Key=key(1), ConsistentRead=True)
    assert strong["dynamodb read units"] == 1


def test_what_a_filter_drops_is_paid_for(counted: Counted) -> None:
    counted.put(*(an_item(number, filling=1000) for number in range(8)))
    request = {
        "TableName": TABLE,
        "KeyConditionExpression": "#pk = :partition AND begins_with(#sk, :prefix)",
        "FilterExpression": "#more = :nothing",
        "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk", "#more": "more"},
        "ExpressionAttributeValues": {":partition": {"S": "p"}, ":prefix": {"S": "0"}, ":nothing": {"S": ""}},
        "ConsistentRead": True,
    }
    assert counted.client.query(**request)["Items"] == []
    assert counted.ask("Query", "query", **request)["dynamodb read units"] == 3


def test_an_index_is_known_as_the_table_tells_of_it() -> None:
    """The real table, on moto: each index holds its keys, the table's, and what else it is told to."""
    with catalog_on_moto(MemoryObjects()) as catalog:
        meter = DynamoMeter.of(catalog.jobs.table.client, catalog.jobs.table.name, Tally())
    assert {index.name: index.keys for index in meter.indexes} == {
        each["IndexName"]: tuple(key["AttributeName"] for key in each["KeySchema"])
        for each in table_properties()["GlobalSecondaryIndexes"]
    }
    for index in meter.indexes:
        assert index.projected is not None
        assert {"pk", "sk", *index.keys} < index.projected


def test_a_query_of_an_index_is_paid_for_what_the_index_holds(counted: Counted) -> None:
    counted.put(*(an_item(number, filling=5000) for number in range(8)))
    request = {
        "TableName": TABLE,
        "IndexName": "by_owner",
        "KeyConditionExpression": "#owner_pk = :partition",
        "ExpressionAttributeNames": {"#owner_pk": "owner_pk"},
        "ExpressionAttributeValues": {":partition": {"S": "o"}},
    }
    assert len(counted.client.query(**request)["Items"]) == 8
    assert counted.ask("Query", "query", **request)["dynamodb read units"] == 0.5


def test_an_operation_that_no_rule_is_known_of_is_refused(counted: Counted) -> None:
    with pytest.raises(ValueError, match="found Scan"):
        counted.meter.after("Scan", {}, {}, {})


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/bucket/key.tif", "GET"),
        ("HEAD", "/bucket/key.tif", "GET"),
        ("PUT", "/bucket/key.tif", "PUT"),
        ("POST", "/bucket/key.tif?uploads", "PUT"),
        ("GET", "/bucket?list-type=2&prefix=vrts%2F", "PUT"),
        ("GET", "/bucket?uploads=", "PUT"),
        ("DELETE", "/bucket/key.tif", "DELETE"),
    ],
)
def test_a_request_to_s3_is_priced_by_its_kind(method: str, path: str, kind: str) -> None:
    assert s3_kind(Exchange(method, path, "", b"", 200, b"")) == kind


def test_bytes_of_s3_are_counted_and_what_was_refused_is_not_stored() -> None:
    tally = Tally()
    count_other(tally, Exchange("PUT", "/b/k", "", b"12345", 200, b""))
    count_other(tally, Exchange("PUT", "/b/k", "", b"12345", 412, b"<Error/>"))
    count_other(tally, Exchange("GET", "/b/k", "", b"", 206, b"123"))
    assert tally.take() == {"s3 GET requests": 1, "s3 PUT requests": 2, "s3 bytes read": 11, "s3 bytes written": 5}
    assert tally.take() == {}


def test_messages_and_other_services_are_counted_apart() -> None:
    tally = Tally()
    count_other(tally, Exchange("POST", "/", "AmazonSQS.SendMessage", b"{}", 200, b"{}"))
    count_other(tally, Exchange("POST", "/", "", b"Action=AssumeRole", 200, b""))
    assert tally.take() == {"other requests": 1, "sqs requests": 1}
