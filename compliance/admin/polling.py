"""Pages of compliance that refresh by themselves: their state is the versions of what they show."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils import timezone

from compliance.models import Version
from compliance.queries.versions import versions_and_lapses
from compliance.services.lapses import judge_lapsed
from core.polling import polled

View = TypeVar("View", bound=Callable[..., Any])


def polled_by(*topics: str, also: Callable[[HttpRequest], object] = lambda _: None) -> Callable[[View], View]:
    """Decorate a page that is made from these topics of ``Version``.

    Args:
        also: what no version counts.
    """

    def state(request: HttpRequest) -> Any:
        return versions(*topics), also(request)

    return polled(state)


def versions(*topics: str) -> list[int]:
    """The topics' versions, once no verdict rests on an override that has run out. One query, if none had."""
    at = timezone.now()
    numbers, lapsed = versions_and_lapses(topics, at=at)
    if not lapsed:
        return numbers
    judge_lapsed(at=at)
    return Version.numbers(topics)
