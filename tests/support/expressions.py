"""DynamoDB's condition expressions as trees: read, evaluated, and with one term taken out.

Only the grammar that this project writes: comparisons, `IN`, `BETWEEN`, the functions on attributes, `AND`, `OR`,
parentheses.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

type Item = Mapping[str, Mapping[str, Any]]

_TOKEN: Final = re.compile(r"\s*(<=|>=|<>|[=<>(),]|[#:\w]+)")
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the `#names` and `:values` of an expression stand for."""

    names: Mapping[str, str]
    values: Mapping[str, Mapping[str, Any]]

    def attribute(self, item: Item, operand: str) -> Mapping[str, Any] | None:
        """The value that an operand has in an item; None where the item has no such attribute."""
        return self.values[operand] if operand.startswith(":") else item.get(self.names[operand])


@dataclass(frozen=True, slots=True)
class Term:
    """A condition on one attribute: an operator and its operands."""

    operator: str
    operands: tuple[str, ...]

    def __str__(self) -> str:
        """The term as DynamoDB reads it."""
        first, *others = self.operands
        if self.operator in _COMPARE:
            return f"{first} {self.operator} {others[0]}"
        if self.operator == "IN":
            return f"{first} IN ({', '.join(others)})"
        if self.operator == "BETWEEN":
            return f"{first} BETWEEN {' AND '.join(others)}"
        return f"{self.operator}({', '.join(self.operands)})"

    def holds(self, item: Item, scope: Scope) -> bool:
        """Whether the term is true of an item; of an attribute that is missing, only its absence is."""
        first, *others = (scope.attribute(item, operand) for operand in self.operands)
        match self.operator:
            case "attribute_exists" | "attribute_not_exists":
                return (first is None) is (self.operator == "attribute_not_exists")
            case "begins_with":
                return bool(first and others[0] and first["S"].startswith(others[0]["S"]))
            case "IN":
                return any(_same(first, other) for other in others)
            case "BETWEEN":
                return _ordered(">=", first, others[0]) and _ordered("<=", first, others[1])
            case "=":
                return _same(first, others[0])
            case _:
                return _ordered(self.operator, first, others[0])


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by one word."""

    word: str
    parts: "tuple[Tree, ...]"

    def __str__(self) -> str:
        """The conditions as DynamoDB reads them."""
        return f" {self.word} ".join(f"({part})" if isinstance(part, Joined) else str(part) for part in self.parts)

    def holds(self, item: Item, scope: Scope) -> bool:
        """Whether all, or any, of the parts are true of an item."""
        outcomes = (part.holds(item, scope) for part in self.parts)
        return all(outcomes) if self.word == "AND" else any(outcomes)


type Tree = Term | Joined


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    if one is None or other is None:
        return False
    return Decimal(one["N"]) == Decimal(other["N"]) if "N" in one and "N" in other else one == other


def _ordered(operator: str, one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    if one is None or other is None or one.keys() != other.keys():
        return False
    (kind,) = one
    left, right = (Decimal(each[kind]) if kind == "N" else each[kind] for each in (one, other))
    return _COMPARE[operator](left, right)


@cache
def parsed(expression: str) -> Tree:
    """Read an expression.

    Raises:
        ValueError: It is not of the grammar that this project writes.
    """
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != re.sub(r"\s", "", expression):
        raise ValueError(f"cannot read {expression!r}")
    tree, rest = _joined(tokens, "OR")
    if rest:
        raise ValueError(f"cannot read {' '.join(rest)!r} in {expression!r}")
    return tree


def _joined(tokens: list[str], word: str) -> tuple[Tree, list[str]]:
    """Parts that a word joins; `AND` binds closer than `OR`."""
    part, rest = _joined(tokens, "AND") if word == "OR" else _part(tokens)
    parts = [part]
    while rest[:1] == [word]:
        part, rest = _joined(rest[1:], "AND") if word == "OR" else _part(rest[1:])
        parts.append(part)
    return (Joined(word, tuple(parts)) if len(parts) > 1 else part), rest


def _part(tokens: list[str]) -> tuple[Tree, list[str]]:
    match tokens:
        case ["(", *inside]:
            tree, (_, *rest) = _joined(inside, "OR")
            return tree, rest
        case [function, "(", *_]:
            operands, rest = _operands(tokens[2:])
            return Term(function, operands), rest
        case [first, "IN", "(", *_]:
            operands, rest = _operands(tokens[3:])
            return Term("IN", (first, *operands)), rest
        case [first, "BETWEEN", low, "AND", high, *rest]:
            return Term("BETWEEN", (first, low, high)), rest
        case [first, operator, second, *rest] if operator in _COMPARE:
            return Term(operator, (first, second)), rest
    raise ValueError(f"no condition begins with {' '.join(tokens)!r}")


def _operands(tokens: list[str]) -> tuple[tuple[str, ...], list[str]]:
    end = tokens.index(")")
    return tuple(token for token in tokens[:end] if token != ","), tokens[end + 1 :]


def terms_of(expression: str) -> list[str]:
    """Every term of an expression: each that `AND` or `OR` joins, those within parentheses too."""
    return [str(tree) for tree in _terms(parsed(expression))]


def _terms(tree: Tree) -> Iterator[Tree]:
    for part in tree.parts if isinstance(tree, Joined) else (tree,):
        yield part
        if isinstance(part, Joined):
            yield from _terms(part)


def without(expression: str, term: str) -> str:
    """An expression without a term, wherever it stands in it; "" if nothing is left."""
    rest = _without(parsed(expression), term)
    return "" if rest is None else str(rest)


def _without(tree: Tree, term: str) -> Tree | None:
    if str(tree) == term:
        return None
    if isinstance(tree, Term):
        return tree
    kept = tuple(rest for part in tree.parts if (rest := _without(part, term)) is not None)
    if len(kept) > 1:
        return Joined(tree.word, kept)
    return kept[0] if kept else None


def pruned(request: dict[str, Any]) -> dict[str, Any]:
    """The request without an empty condition, and without names and values that no expression has any more.

    DynamoDB refuses a request that has some, and a mutant that is refused for its form tells nothing of its condition.
    """
    kept = {name: value for name, value in request.items() if value or name != "ConditionExpression"}
    texts = [text for name, text in kept.items() if name.endswith("Expression")]
    used = {found for text in texts for found in re.findall(r"[#:]\w+", text)}
    for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        left = {placeholder: value for placeholder, value in kept.pop(name, {}).items() if placeholder in used}
        kept |= {name: left} if left else {}
    return kept
