"""DynamoDB's answers as items, read at a tenth of what botocore takes.

botocore walks the model of an answer: for each attribute of each item it asks for ten kinds of value, and copies the
one that is there. An attribute is already what our code reads, save for bytes, which JSON carries in base64.
"""

from base64 import b64decode
from typing import Any, Final

from botocore.parsers import JSONParser, ResponseParserFactory

_ATTRIBUTE: Final = "AttributeValue"
"""Name that DynamoDB's model has for the shape of an attribute."""


class ItemParser(JSONParser):
    """botocore's own parser for everything but items: attributes of an answer lie in maps by their names."""

    def _handle_map(self, shape: Any, value: Any) -> Any:
        if shape.value.name == _ATTRIBUTE:
            return {name: each if "S" in each or "N" in each else attribute_of(each) for name, each in value.items()}
        return super()._handle_map(shape, value)  # type: ignore[misc]  # the stubs have public names only


class ItemParsers(ResponseParserFactory):
    """Parsers for a client of DynamoDB, and for no other one."""

    def create_parser(self, protocol_name: str) -> Any:
        """A parser for this protocol."""
        return ItemParser() if protocol_name == "json" else super().create_parser(protocol_name)


def attribute_of(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute as JSON has it, with its bytes as bytes; what holds none is answered as it is."""
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {kind: b64decode(content)}
        case "BS":
            return {kind: [b64decode(part) for part in content]}
        case "L":
            return {kind: [attribute_of(part) for part in content]}
        case "M":
            return {kind: {name: attribute_of(part) for name, part in content.items()}}
        case _:
            return value
