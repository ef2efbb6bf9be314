"""What every part of the port `Datasets` stands on, and the conditions that its parts share."""

from collections.abc import Iterable
from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb.items_dataset import RASTER, VRT, audience_item
from rasterloom.adapters.catalog_dynamodb.records import Records
from rasterloom.adapters.catalog_dynamodb.values import Attribute, iso, number, text, texts
from rasterloom.domain.dataset import Dataset, VrtDataset

type Condition = tuple[str, dict[str, Attribute]]
"""An expression, and the values that it names."""


@dataclass(frozen=True, slots=True)
class DatasetStep:
    """Datasets by id."""

    records: Records


def kind_of(dataset: Dataset) -> str:
    """The `kind` of a dataset's item."""
    return VRT if isinstance(dataset, VrtDataset) else RASTER


def audience_as_seen(dataset: Dataset) -> Condition:
    """That a dataset's item says what was read of who it is for; its entries in listings say the same."""
    seen = audience_item(dataset)
    values = {":seen_visibility": seen["visibility"], ":seen_groups": seen["groups"]}
    return "#visibility = :seen_visibility AND #groups = :seen_groups", values


def idle_as_seen(vrt: VrtDataset) -> Condition:
    """That nothing is being built of a VRT, and that it serves what was read."""
    idle = "attribute_not_exists(#active_generation)"
    if vrt.published is None:
        return f"{idle} AND attribute_not_exists(#published_generation)", {}
    return f"{idle} AND #published_generation = :seen_published", texts(
        {":seen_published": vrt.published.generation_id}
    )


def unchanged(dataset: Dataset) -> Condition:
    """That nothing of a dataset was written since it was read: whatever writes it moves this or the fence."""
    expression, values = "#updated_at = :seen_updated_at", texts({":seen_updated_at": iso(dataset.updated_at)})
    if not isinstance(dataset, VrtDataset):
        return expression, values
    return f"{expression} AND #fence = :seen_fence", values | {":seen_fence": number(dataset.fence)}


def all_of(conditions: Iterable[Condition]) -> Condition:
    """That all of these hold, of which no two give a name another value."""
    expressions, values = zip(*conditions, strict=True)
    return " AND ".join(expressions), {name: value for named in values for name, value in named.items()}


def same_kind(dataset: Dataset) -> Condition:
    """That the item is there, and what it was taken for."""
    return "#kind = :kind", {":kind": text(kind_of(dataset))}
