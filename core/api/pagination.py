"""Keyset pagination: page 20,000 costs what page 1 costs, and rows that arrive meanwhile shift nothing."""

import base64
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import F, IntegerField, QuerySet
from django.db.models.expressions import OrderBy
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from core.errors import Invalid

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class KeysetPagination(BasePagination):
    """Answers ``{next, previous, results}``; a cursor holds the edge of the page and the way to look from it.

    The order is that of the queryset: one unique column, ascending or descending; ``-id`` where it says none.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Read one page and one row more, which tells whether there is another page."""
        self.request = request
        self._read_order(queryset)
        size = self._page_size(request)
        backwards, edge = self._decode(queryset, request.query_params.get("cursor"))
        upwards = self.order.startswith("-") == backwards
        if edge is not None:
            queryset = queryset.filter(**{f"{self.key}__{'gt' if upwards else 'lt'}": edge})
        order = self.key if upwards else f"-{self.key}"
        if self.sorts:
            # What is found is sorted by its keys alone, which an index may hold; whole rows are read for the page.
            keys = keyed(queryset, order, unindexed=self.unindexed).values("pk")[: size + 1]
            queryset = view.get_queryset().filter(pk__in=keys)
        rows = list(queryset.order_by(order)[: size + 1])
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
        if not (stated.isascii() and stated.isdigit()) or len(stated) > 3 or not 1 <= int(stated) <= MAX_PAGE_SIZE:
            raise _invalid("page_size", f"A whole number from 1 to {MAX_PAGE_SIZE}.")
        return int(stated)

    def _read_order(self, queryset: QuerySet[Any]) -> None:
        name: Any
        (name,) = queryset.query.order_by or ("-id",)
        self.sorts = isinstance(name, OrderBy)
        self.unindexed = self.sorts and bool(name.nulls_first or name.nulls_last)
        self.order = _name_of(name)
        self.key = self.order.lstrip("-")

    def _cursor(self, way: str, row: Any) -> str:
        value = row[self.key] if isinstance(row, dict) else getattr(row, self.key)
        return base64.urlsafe_b64encode(orjson.dumps([way, self.order, value])).decode().rstrip("=")

    def _decode(self, queryset: QuerySet[Any], cursor: str | None) -> tuple[bool, Any]:
        if not cursor:
            return False, None
        try:
            # b64decode wants its padding and does not mind too much of it.
            way, order, value = orjson.loads(base64.urlsafe_b64decode(f"{cursor}==".encode()))
            key = queryset.model._meta.get_field(self.key)
            # A number is a key too where keys are numbers; elsewhere Django would make a UUID of it.
            if order != self.order or type(value) is not (int if isinstance(key, IntegerField) else str):
                raise ValueError("made for another order")
            return {"n": False, "p": True}[way], key.to_python(value)
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            raise _invalid("cursor", "Take it, with all other parameters, from next or previous.") from error

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(remove_query_param(self.request.build_absolute_uri(), "cursor"), "cursor", cursor)


def keyed(queryset: QuerySet[Any], order: str, *, unindexed: bool) -> QuerySet[Any]:
    """Order so that the page is found by its keys before any row is read: for what an index finds in another order.

    With ``unindexed``, PostgreSQL must find the rows first and sort them then, instead of walking down an ordered
    index until it has met enough of them. The column is never null: no index is made with nulls at the other end,
    and the order is the same.
    """
    column, nulls = F(order.lstrip("-")), unindexed or None
    if order.startswith("-"):
        return queryset.order_by(column.desc(nulls_last=nulls))
    return queryset.order_by(column.asc(nulls_first=nulls))


def _name_of(name: Any) -> str:
    if not isinstance(name, OrderBy):
        return str(name)
    column: Any = name.expression
    return f"-{column.name}" if name.descending else str(column.name)


def _invalid(field: str, reason: str) -> Invalid:
    return Invalid("invalid", f"Not valid: {field}.", errors={field: [reason]})
