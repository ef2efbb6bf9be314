"""Conditional writes as DynamoDB takes them, alone or in a transaction.

Names in expressions begin with `#` and values with `:`, everywhere: no reserved word can ever matter.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rasterloom.adapters.catalog_dynamodb.names import Key
from rasterloom.adapters.catalog_dynamodb.values import Attribute, Item, text

_NAME = re.compile(r"#(\w+)")


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item, only if the condition holds of what stands there; without one, whatever stands there."""

    item: Item
    condition: str = "attribute_not_exists(#pk)"
    values: Mapping[str, Attribute] = field(default_factory=dict)

    def request(self, table: str) -> dict[str, Any]:
        """The parameters, alike for a call of its own and for a transaction."""
        condition = _condition(self.condition, self.values) if self.condition else {}
        return {"TableName": table, "Item": self.item} | condition


@dataclass(frozen=True, slots=True)
class Update:
    """Change some attributes of an item that exists, only if the condition holds."""

    key: Key
    condition: str
    values: Mapping[str, Attribute]
    """Of the condition; their names never begin with `new_`."""
    sets: Mapping[str, Attribute] = field(default_factory=dict)
    sets_once: Mapping[str, Attribute] = field(default_factory=dict)
    """Attributes that keep the value they have, if they have one."""
    adds: Mapping[str, int] = field(default_factory=dict)
    removes: tuple[str, ...] = ()

    def request(self, table: str) -> dict[str, Any]:
        """The parameters, alike for a call of its own and for a transaction."""
        assignments = [f"#{name} = :new_{name}" for name in self.sets]
        assignments += [f"#{name} = if_not_exists(#{name}, :new_{name})" for name in self.sets_once]
        clauses = {
            "SET": assignments,
            "REMOVE": [f"#{name}" for name in self.removes],
            "ADD": [f"#{name} :new_{name}" for name in self.adds],
        }
        expression = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)
        added: Item = {name: {"N": str(count)} for name, count in self.adds.items()}
        news = {f":new_{name}": value for name, value in ({**self.sets, **self.sets_once, **added}).items()}
        return {
            "TableName": table,
            "Key": key_item(self.key),
            "UpdateExpression": expression,
        } | _condition(self.condition, {**self.values, **news}, expression)


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an item, only if the condition holds; without one, whether it is there or not."""

    key: Key
    condition: str = ""
    values: Mapping[str, Attribute] = field(default_factory=dict)

    def request(self, table: str) -> dict[str, Any]:
        """The parameters, as a transaction takes them."""
        condition = _condition(self.condition, self.values) if self.condition else {}
        return {"TableName": table, "Key": key_item(self.key)} | condition


@dataclass(frozen=True, slots=True)
class ConditionCheck:
    """Write nothing, and let a transaction be carried out only if the condition holds of an item."""

    key: Key
    condition: str
    values: Mapping[str, Attribute] = field(default_factory=dict)

    def request(self, table: str) -> dict[str, Any]:
        """The parameters, as a transaction takes them."""
        return {"TableName": table, "Key": key_item(self.key)} | _condition(self.condition, self.values)


@dataclass(frozen=True, slots=True)
class Reason:
    """What one write of a cancelled transaction met."""

    code: str
    """`None`, `ConditionalCheckFailed`, `TransactionConflict`, …"""
    old: Item | None = None
    """The item whose condition failed; None where there is no such item."""

    @property
    def refused(self) -> bool:
        """Whether this write's condition failed."""
        return self.code == "ConditionalCheckFailed"


class RefusedError(Exception):
    """At least one condition failed, and nothing was written. Never leaves this package."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        """Carry one reason per write, in order."""
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


def key_item(key: Key) -> Item:
    """A key as DynamoDB takes it."""
    return {"pk": text(key[0]), "sk": text(key[1])}


def one_of[S: StrEnum](name: str, states: Sequence[S]) -> tuple[str, dict[str, Attribute]]:
    """A term that holds while an attribute is one of these states, and the term's values."""
    values = {f":{name}_{state.value}": text(state.value) for state in states}
    return f"#{name} IN ({', '.join(values)})", values


def names_of(*expressions: str) -> dict[str, str]:
    """The `ExpressionAttributeNames` of expressions."""
    return {f"#{name}": name for expression in expressions for name in _NAME.findall(expression)}


def _condition(condition: str, values: Mapping[str, Attribute], expression: str = "") -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names_of(condition, expression),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return parameters | ({"ExpressionAttributeValues": dict(values)} if values else {})
