"""DynamoDB's answers are read as botocore reads them."""

from typing import Any

import botocore.session
from botocore.parsers import JSONParser
from hypothesis import given
from hypothesis import strategies as st

from rasterloom.adapters.catalog_dynamodb.answers import ItemParser

SHAPE = botocore.session.get_session().get_service_model("dynamodb").operation_model("BatchGetItem").output_shape

SCALARS = (
    st.text().map(lambda value: {"S": value})
    | st.integers().map(lambda value: {"N": str(value)})
    | st.booleans().map(lambda value: {"BOOL": value})
    | st.just({"NULL": True})
    | st.just({"B": "AAECAw=="})
    | st.just({"BS": ["AA==", "AQ=="]})
    | st.lists(st.text(), min_size=1).map(lambda values: {"SS": values})
)
ATTRIBUTES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner).map(lambda values: {"L": values})
        | st.dictionaries(st.text(), inner).map(lambda values: {"M": values})
    ),
    max_leaves=8,
)
ITEMS = st.lists(st.dictionaries(st.text(), ATTRIBUTES))


def parsed(parser: Any, body: dict[str, Any]) -> Any:
    return parser._parse_shape(SHAPE, body)


@given(ITEMS)
def test_items_are_what_botocore_makes_of_them(items: list[dict[str, Any]]) -> None:
    body = {"Responses": {"catalog": items}, "UnprocessedKeys": {"catalog": {"Keys": items[:1]}}}
    assert parsed(ItemParser(), body) == parsed(JSONParser(), body)
