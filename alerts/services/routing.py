"""Routes and holidays: who hears of what, and when nobody is disturbed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from alerts.choices import Tier
from alerts.models import Holiday, Route
from alerts.policyfile import check_channels, refusal
from alerts.services.editing import add_record, edit_record, remove_record

_MOST = 200


def add_route(route: Route, *, by: User, at: datetime) -> None:
    """Send some alerts another way.

    Raises:
        Forbidden: ``by`` may not.
        Invalid: names the field that is wrong.
    """
    _check({name: getattr(route, name) for name in ("tiers", "repositories", "categories", "channels")})
    add_record(route, action="route.added", by=by, at=at)


def edit_route(route_id: int, *, changes: Mapping[str, Any], by: User, at: datetime) -> None:
    """Change a route, from the next fact on.

    Raises:
        Forbidden, Invalid: see ``add_route``.
    """
    _check(changes)
    edit_record(Route.objects.get(pk=route_id), changes, action="route.edited", by=by, at=at)


def remove_route(route: Route, *, by: User, at: datetime) -> None:
    """Let the policies' channels hear again what went this way."""
    remove_record(route, action="route.removed", by=by, at=at)


def add_holiday(holiday: Holiday, *, by: User, at: datetime) -> None:
    """Let what can wait wait for another day."""
    add_record(holiday, action="holiday.added", by=by, at=at)


def rename_holiday(holiday: Holiday, *, name: str, by: User, at: datetime) -> None:
    """Call it something else."""
    stored = Holiday.objects.get(pk=holiday.pk)
    edit_record(stored, {"name": name}, action="holiday.edited", by=by, at=at)


def remove_holiday(holiday: Holiday, *, by: User, at: datetime) -> None:
    """Make it a day like others."""
    remove_record(holiday, action="holiday.removed", by=by, at=at)


def _check(values: Mapping[str, Any]) -> None:
    wrong: dict[str, list[str]] = {}
    try:
        if not check_channels(values.get("channels", ["email"])):
            wrong["channels"] = ["At least one."]
    except ValueError as error:
        wrong["channels"] = [str(error)]
    if unknown := sorted(set(values.get("tiers", [])) - set(Tier.values)):
        wrong["tiers"] = [f"No tier: {', '.join(unknown)[:100]}."]
    wrong |= {
        name: [f"At most {_MOST} patterns."]
        for name in ("repositories", "categories")
        if len(values.get(name, [])) > _MOST
    }
    if wrong:
        raise refusal(wrong)
