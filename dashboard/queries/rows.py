"""All rows of a list, page by page."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django_tenants.utils import tenant_context

from core.exports import PAGE_ROWS, Row


def keyed_pages(
    found: QuerySet[Any], *, ascending: bool, tenant: Any, shaped: Callable[[Sequence[Any]], list[Row]]
) -> Iterator[list[Row]]:
    """Every row once, in the order of the keys. A cursor would hold a transaction for as long as somebody downloads.

    Args:
        tenant: what streams is read after the request is over: the tenant is entered for each page.
        shaped: makes of a page's rows what is written.
    """
    order = "pk" if ascending else "-pk"
    edge: Any = None
    while True:
        with tenant_context(tenant):
            beyond = {} if edge is None else {f"pk__{'gt' if ascending else 'lt'}": edge}
            rows = list(found.filter(**beyond).order_by(order)[:PAGE_ROWS])
            page = shaped(rows) if rows else []
        yield page
        if len(rows) < PAGE_ROWS:
            return
        edge = rows[-1]["id"] if isinstance(rows[-1], dict) else rows[-1].pk
