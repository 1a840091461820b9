"""Keyset pagination: page 20,000 costs what page 1 costs, and rows that arrive meanwhile shift nothing."""

import base64
from collections.abc import Sequence
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.expressions import OrderBy
from django.db.models.lookups import GreaterThan, LessThan
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from core.errors import Invalid

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class KeysetPagination(BasePagination):
    """Answers ``{next, previous, results}``; a cursor holds the edge of the page and the way to look from it.

    The order is that of the queryset: one or more columns, the last one unique, all ascending or all descending.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Read one page and one row more, which tells whether there is another page."""
        self.request = request
        self._read_order(queryset)
        size = self._page_size(request)
        backwards, edge = self._decode(queryset, request.query_params.get("cursor"))
        upwards = self.order[0].startswith("-") == backwards
        if edge is not None:
            queryset = queryset.filter(self._beyond(edge, upwards=upwards))
        rows = list(queryset.order_by(*self._order_by(upwards=upwards))[: size + 1])
        more, rows = len(rows) > size, rows[:size]
        if backwards:
            rows.reverse()
        self._next = self._cursor("n", rows[-1]) if rows and (more or backwards) else None
        self._previous = self._cursor("p", rows[0]) if rows and (more if backwards else edge is not None) else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """The page in its envelope."""
        return Response({"next": self._link(self._next), "previous": self._link(self._previous), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The envelope, for OpenAPI."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The query parameters, for OpenAPI."""
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "From next or previous."},
            {"name": "page_size", "in": "query", "schema": size},
        ]

    def _page_size(self, request: Request) -> int:
        stated = request.query_params.get("page_size", str(PAGE_SIZE))
        if not stated.isascii() or not stated.isdigit() or not 1 <= int(stated[:9]) <= MAX_PAGE_SIZE:
            raise _invalid("page_size", f"A whole number from 1 to {MAX_PAGE_SIZE}.")
        return int(stated)

    def _read_order(self, queryset: QuerySet[Any]) -> None:
        names = list(queryset.query.order_by) or ["-id"]
        self.sorts = any(isinstance(name, OrderBy) for name in names)
        self.order = [_name_of(name) for name in names]
        self.fields = [name.lstrip("-") for name in self.order]

    def _order_by(self, *, upwards: bool) -> list[Any]:
        order = [name if upwards else f"-{name}" for name in self.fields]
        return unsorted_by_index(order) if self.sorts else order

    def _beyond(self, edge: list[Any], *, upwards: bool) -> GreaterThan | LessThan:
        """Rows after the edge. PostgreSQL compares whole rows within one index scan."""
        compare = GreaterThan if upwards else LessThan
        columns, values = [F(name) for name in self.fields], [Value(value) for value in edge]
        return compare(_row(columns), _row(values))

    def _cursor(self, way: str, row: Any) -> str:
        values = [row[name] if isinstance(row, dict) else getattr(row, name) for name in self.fields]
        return base64.urlsafe_b64encode(orjson.dumps([way, self.order, values])).decode().rstrip("=")

    def _decode(self, queryset: QuerySet[Any], cursor: str | None) -> tuple[bool, list[Any] | None]:
        if not cursor:
            return False, None
        try:
            # b64decode wants its padding and does not mind too much of it.
            way, order, values = orjson.loads(base64.urlsafe_b64decode(f"{cursor}==".encode()))
            if order != self.order or not all(isinstance(value, str) for value in values):
                raise ValueError("made for another order")
            columns = [queryset.model._meta.get_field(name) for name in self.fields]
            edge = [column.to_python(value) for column, value in zip(columns, values, strict=True)]
            return {"n": False, "p": True}[way], edge
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            raise _invalid("cursor", "Take it, with all other parameters, from next or previous.") from error

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(remove_query_param(self.request.build_absolute_uri(), "cursor"), "cursor", cursor)


def _row(parts: Sequence[Any]) -> Func:
    # A row has no type of Django's, and wants none: it is only compared.
    return Func(*parts, function="ROW", output_field=TextField())


def unindexed(queryset: QuerySet[Any], order: Sequence[str]) -> QuerySet[Any]:
    """Order so that PostgreSQL finds the rows first and sorts them then, instead of walking down an ordered index."""
    return queryset.order_by(*unsorted_by_index(order))


def unsorted_by_index(order: Sequence[str]) -> list[OrderBy]:
    """The same order of columns that are never null, in words that no index is made with: nulls at the other end."""
    return [
        F(name[1:]).desc(nulls_last=True) if name.startswith("-") else F(name).asc(nulls_first=True) for name in order
    ]


def _name_of(name: Any) -> str:
    if not isinstance(name, OrderBy):
        return str(name)
    column: Any = name.expression
    return f"-{column.name}" if name.descending else str(column.name)


def _invalid(field: str, reason: str) -> Invalid:
    return Invalid("invalid", f"Not valid: {field}.", errors={field: [reason]})
