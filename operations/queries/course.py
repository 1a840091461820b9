"""The last day by hours, from the samples: what a page shows as a course. One statement."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import FloatField, Max, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncHour

from operations.models import Sample

SHOWN = timedelta(days=1)


def hours(*, at: datetime) -> list[dict[str, Any]]:
    """One row an hour, the oldest first: the fullest pool, mean query and answer (ms), the longest wait (seconds)."""
    rows = (
        Sample.objects.between(at - SHOWN, at)
        .order_by()
        .values(hour=TruncHour("at"))
        .annotate(
            pool=Max(_number("pool_busy")),
            wait=Max(_number("queue__oldest")),
            failed=Max(_number("deliveries__failed")),
            calls=Sum(_number("queries__calls")),
            query_ms=Sum(_number("queries__total_ms")),
            answers=Sum(_number("responses__calls")),
            answer_ms=Sum(_number("responses__total_ms")),
        )
        .order_by("hour")
    )
    return [_means(dict(row)) for row in rows]


def _number(path: str) -> Cast:
    return Cast(KT(f"figures__{path}"), FloatField())


def _means(row: dict[str, Any]) -> dict[str, Any]:
    calls, answers = row.pop("calls") or 0, row.pop("answers") or 0
    query_ms, answer_ms = row.pop("query_ms") or 0.0, row.pop("answer_ms") or 0.0
    return {
        **row,
        "queries": query_ms / calls if calls else None,
        "answers": answer_ms / answers if answers else None,
    }
