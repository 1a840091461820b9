"""Lists of tables that are too large to be counted or leafed through by number: the next page begins at a key.

Page 20,000 costs what page 1 costs. How many rows there are is what PostgreSQL's planner thinks; text is searched in
the next few thousand of the rows that the filters find, and then in the next, because no index holds it: one that did
would make taking in a report three times as slow.
"""

import json
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import F, QuerySet
from django.http import HttpRequest

from core.admin import ConsoleChangeList

AFTER, BEFORE = "after", "before"
SEARCHED_ROWS = 5_000
"""Among so many rows a page looks for a text: about 20 ms."""


class UncountedPaginator(Paginator):  # type: ignore[type-arg]  # generic to the type checker alone
    """Holds the page that was read; Django asks it for numbers that nobody knows."""

    template_name = "console/keyset.html"
    count = 0
    num_pages = 1


class KeysetChangeList(ConsoleChangeList):
    """A change list ordered by a time-ordered key, up or down.

    Its admin class has ``narrowed(rows, text)``: the rows of what words name that an index finds, the text that is
    left to be searched, and whether few rows are found that way, in another order.
    """

    query: str
    capped_at = 0
    """Count exactly up to so many where a filter has found few (``sorts``); else only what is on the page."""

    def get_filters_params(self, params: Any = None) -> Any:
        """Without the keys that pages begin at."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in (AFTER, BEFORE)}

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        """Everything that filters and text find, on all pages."""
        for name in (AFTER, BEFORE):
            # Another filter or order begins at its first page.
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        text = str(self.query)
        self.query = ""
        try:
            rows = super().get_queryset(request, exclude_parameters)
        finally:
            self.query = text
        self.descending = str((rows.query.order_by or ("-pk",))[0]).startswith("-")
        # A word may name what an index finds; the others are looked for row by row.
        rows, self.text, sorts = self.model_admin.narrowed(rows, text)
        self.sorts = sorts or any(getattr(spec, "sorts", False) for spec in self.filter_specs)
        self.filtered = rows.order_by("-pk" if self.descending else "pk")
        return self._matching(request, self.filtered)

    def _matching(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model_admin.get_search_results(request, rows, self.text)[0]
        return found

    def get_results(self, request: HttpRequest) -> None:
        """One page and one row more, which tells whether there is another."""
        self.edge = _key(request.GET.get(AFTER))
        self.back_edge = None if self.edge else _key(request.GET.get(BEFORE))
        self.searched_to: UUID | None = None
        found = self._beyond(self.filtered, self.edge or self.back_edge)
        if self.text:
            found = self._searched(request, found)
        page = self._read(found)
        more, page = len(page) > self.list_per_page, page[: self.list_per_page]
        if self.back_edge:
            page.reverse()
        self._link(page, more)
        self._tell(page)

    @property
    def _downwards(self) -> bool:
        return self.descending != bool(self.back_edge)

    def _beyond(self, rows: QuerySet[Any], edge: UUID | None) -> QuerySet[Any]:
        return rows if edge is None else rows.filter(**{f"pk__{'lt' if self._downwards else 'gt'}": edge})

    def _searched(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those with the text, among the next few thousand; ``searched_to`` is where they end."""
        order = "-pk" if self._downwards else "pk"
        keys = rows.order_by(order).values_list("pk", flat=True)
        self.searched_to = next(iter(keys[SEARCHED_ROWS - 1 : SEARCHED_ROWS]), None)
        if self.searched_to:
            rows = rows.filter(**{f"pk__{'gte' if self._downwards else 'lte'}": self.searched_to})
        return self._matching(request, rows)

    def _read(self, rows: QuerySet[Any]) -> list[Any]:
        # Few rows are found and then sorted. PostgreSQL would rather walk down the key until it met them: no index has
        # nulls at the other end, and there are none.
        key, nulls = F("pk"), self.sorts or None
        order = key.desc(nulls_last=nulls) if self._downwards else key.asc(nulls_first=nulls)
        return list(rows.order_by(order)[: self.list_per_page + 1])

    def _link(self, page: list[Any], more: bool) -> None:
        onwards = more if not self.back_edge else True
        last: Any = page[-1].pk if page and onwards else None
        if last is None and not self.back_edge:
            last = self.searched_to
        self.further = bool(self.searched_to and not more)
        first = page[0].pk if page and (more if self.back_edge else self.edge) else None
        self.next_page = self._address(AFTER, last)
        # A page of a search is found from where the one before ended: only the first one is known from here.
        self.previous_page = self._address(BEFORE, None if self.text else first)
        self.first_page = self.get_query_string(remove=[AFTER, BEFORE]) if self.edge or self.back_edge else ""

    def _address(self, name: str, key: Any) -> str:
        return self.get_query_string({name: key}, remove=[AFTER, BEFORE]) if key else ""

    def _tell(self, page: list[Any]) -> None:
        self.result_list = page
        alone = not (self.next_page or self.previous_page or self.first_page)
        self.exact = alone
        self.result_count = len(page)
        if not alone and self.sorts and self.capped_at and not self.text:
            self.result_count = self.filtered.order_by()[: self.capped_at].count()
            self.exact = self.result_count < self.capped_at
        self.estimate = 0 if self.exact or self.text else rounded(estimated(self.filtered))
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.searched_rows = SEARCHED_ROWS
        self.paginator = UncountedPaginator(page, self.list_per_page)


def estimated(rows: QuerySet[Any]) -> int:
    """How many rows PostgreSQL's planner expects, from its statistics: it reads none."""
    sql, parameters = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return int(plan[0]["Plan"]["Plan Rows"])


def rounded(number: int) -> int:
    """To two digits: what is guessed does not look counted."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return round(number / unit) * unit


def _key(text: str | None) -> UUID | None:
    """The key; None where it is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
