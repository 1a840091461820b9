"""Warning people of overrides that are about to end: once a span, in the console and by email as all notices go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from alerts.services.notices import notify
from overrides.limits import WARN_DAYS
from overrides.models import OverrideRequest
from overrides.queries.outlook import turns_red
from overrides.services.people import DECIDE
from tenants.addresses import absolute


@transaction.atomic
def note_warnings(*, at: datetime) -> int:
    """Tell the requesters of what ends soon and everybody who may decide. Returns how many overrides were told of.

    One message a person and span, whatever the number of overrides.
    """
    told = 0
    # The shortest span first: what ends tomorrow needs no word about next week.
    for days in sorted(WARN_DAYS):
        ending = OverrideRequest.objects.to_warn_of(at, days=days).select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        )
        found = list(ending.select_related("pull_request__repository").order_by("expires_at", "pk"))
        _tell(found, days, at)
        OverrideRequest.objects.filter(pk__in=[request.pk for request in found]).update(warned_days=days)
        told += len(found)
    return told


def _tell(found: Sequence[OverrideRequest], days: int, at: datetime) -> None:
    lines = {request.pk: _line(request, at) for request in found}
    pages = {request.pk: _page(request) for request in found}
    for concerned, people in _concerned(found).items():
        notify(
            people,
            title=f"Overrides end {'tomorrow' if days == 1 else f'within {days} days'}",
            items=[*_told(concerned, lines, pages), "Ask for renewal on an override's page where it is needed."],
            link=pages[concerned[0]] if len(concerned) == 1 else _list(),
            at=at,
        )


def _told(concerned: Sequence[UUID], lines: Mapping[UUID, str], pages: Mapping[UUID, str]) -> list[str]:
    alone = len(concerned) == 1
    return [lines[key] if alone else f"{lines[key]}: {pages[key]}" for key in concerned]


def _concerned(found: Sequence[OverrideRequest]) -> Mapping[tuple[UUID, ...], list[User]]:
    """Who hears of the same overrides: each person once."""
    about: defaultdict[User, list[UUID]] = defaultdict(list)
    deciders = _deciders() if found else []
    for request in found:
        for person in dict.fromkeys([*deciders, *User.objects.filter(override_requests=request, is_active=True)]):
            about[person].append(request.pk)
    alike: defaultdict[tuple[UUID, ...], list[User]] = defaultdict(list)
    for person, keys in about.items():
        alike[tuple(keys)].append(person)
    return alike


def _deciders() -> list[User]:
    app, codename = DECIDE.split(".")
    permitted = Q(groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
    return list(User.objects.filter(permitted, is_active=True).distinct())


def _line(request: OverrideRequest, at: datetime) -> str:
    red = turns_red(request, at=at)
    follows = f"turns {red.value}" if red else "stays as it is"
    return (
        f"{request.pull_request} {follows} at {request.expires_at:%Y-%m-%d %H:%M} UTC "
        f"({request.reason}; asked by {request.requested_by_label}, approved by {request.decided_by_label})"
    )


def _page(request: OverrideRequest) -> str:
    return absolute(reverse("admin:overrides_overriderequest_change", args=[request.pk], urlconf="config.urls"))


def _list() -> str:
    return absolute(reverse("admin:overrides_overriderequest_changelist", urlconf="config.urls"))
