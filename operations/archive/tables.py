"""Tables as they stand in the archive: which columns, and of which type. A file is read without this product."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Model, QuerySet

_TYPES: dict[str, pa.DataType] = {
    "BinaryField": pa.binary(),
    "BooleanField": pa.bool_(),
    "DateField": pa.date32(),
    "DateTimeField": pa.timestamp("us", "UTC"),
    "FloatField": pa.float64(),
    "PositiveIntegerField": pa.int32(),
    "IntegerField": pa.int32(),
    "PositiveSmallIntegerField": pa.int16(),
    "SmallIntegerField": pa.int16(),
    "BigIntegerField": pa.int64(),
    "PositiveBigIntegerField": pa.int64(),
    "BigAutoField": pa.int64(),
    "AutoField": pa.int32(),
}
"""What is not named is text: keys too, and JSON."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the archive, and how its rows hang on those that the retention is about (the roots).

    Args:
        name: in paths and on the command line.
        link: the column by which a row names its root, or is named by it.
        root: the root's column that ``link`` is compared with.
        omit: columns that stay out.
        only: the only columns that go in.
    """

    name: str
    model: type[Model]
    link: str = "id"
    root: str = "id"
    omit: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    changes: bool = False
    """People or workers may write to its rows while they go."""
    emptied: str = ""
    """The one column that is archived and emptied; the row stays."""

    @property
    def fields(self) -> list[Any]:
        """The columns, in the table's order."""
        every: Sequence[Any] = self.model._meta.concrete_fields
        return [f for f in every if f.attname not in self.omit and (not self.only or f.attname in self.only)]

    @property
    def columns(self) -> list[str]:
        """Their names."""
        return [one.attname for one in self.fields]

    @property
    def schema(self) -> pa.Schema:
        """Their names and types."""
        return pa.schema([(one.attname, arrow_type(one)) for one in self.fields])

    def rows(self) -> QuerySet[Any]:
        """Those that are in the database, with all that the archive would hold of them."""
        rows: QuerySet[Any] = self.model._default_manager.order_by("pk")
        return rows.exclude(**{self.emptied: b""}) if self.emptied else rows

    def of_roots(self, links: Collection[Any]) -> QuerySet[Any]:
        """Rows of roots with these values of ``root``."""
        return self.rows().filter(**{f"{self.link}__in": links})

    def remove(self, keys: Collection[Any]) -> int:
        """Delete these rows, and nothing that hangs on them. Returns how many."""
        rows = self.model._default_manager.filter(pk__in=keys)
        if self.emptied:
            return rows.update(**{self.emptied: b""})
        return rows.order_by()._raw_delete(rows.db) or 0

    def selected(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The columns of rows, as COPY writes them and ``reading`` reads them."""
        lists = {f"{one.attname}_as_json": Func(F(one.attname), function="to_json") for one in self.lists}
        names = [f"{one.attname}_as_json" if one in self.lists else one.attname for one in self.fields]
        selected: QuerySet[Any] = rows.annotate(**lists).values_list(*names)
        return selected

    @property
    def lists(self) -> list[Any]:
        """Columns that hold arrays."""
        return [one for one in self.fields if isinstance(one, ArrayField)]


def arrow_type(one: Any) -> pa.DataType:
    """A column's type in the archive."""
    if isinstance(one, ArrayField):
        return pa.list_(arrow_type(one.base_field))
    if isinstance(one, models.ForeignKey):
        return arrow_type(one.target_field)
    return _TYPES.get(one.get_internal_type(), pa.string())
