"""Counting days: today's again and again, each other once it is over, and anew where somebody asks for it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.models import Organisation
from compliance.models import Evaluation, TenantSettings, Trend, TrendRebuild, Version
from compliance.queries.trends import EVERYWHERE, Day, Standings, day_between, moved_between, standings_at
from compliance.services.bulk import copy_trends
from compliance.trends import COLUMNS, bounds, days
from core.errors import Conflict, Invalid

TOPIC = "trends"
SETTLES = timedelta(minutes=10)
"""So long after midnight what was received before it may still be judged, as of when it was taken up."""
AT_ONCE = 10
"""As many days are counted in one go where beat was away; the rest follow."""
_BATCH = 2_000


def today_of(at: datetime) -> date:
    """The tenant's day at this moment."""
    return _day_of(at)


def countable_from(at: datetime) -> date:
    """The first day of which every row is still there: an earlier one would be counted from what is left of it."""
    # On the horizon's own day, rows from before its hour are gone.
    return _day_of(TenantSettings.current().horizons(at=at).violations) + timedelta(days=1)


def readable_from(at: datetime) -> date:
    """The first day that is kept."""
    return _day_of(TenantSettings.current().horizons(at=at).trends)


def refresh_trends(*, at: datetime) -> list[date]:
    """Count today, and before it the days that are over and were not counted since. Returns the days, in order.

    At most ``AT_ONCE`` of them; the next call goes on.
    """
    zone = Organisation.current().zone
    due = _due(at, zone)[:AT_ONCE]
    return [day for day, _ in build_days(due, zone=zone, at=at)]


def begin_rebuild(first: date, last: date, *, at: datetime) -> TrendRebuild:
    """A rebuild of these days, both included: the one that was stopped, where there is one.

    Raises:
        Invalid: the span is none, lies in the future, or reaches behind what retention has left.
    """
    today, oldest = today_of(at), countable_from(at)
    if first > last:
        raise Invalid("invalid", f"{first} is after {last}.", errors={"from": [f"Not after {last}."]})
    if last > today:
        raise Invalid("invalid", f"{last} is not over and has not begun.", errors={"to": [f"Not after {today}."]})
    if first < oldest:
        reason = f"Rows from before {oldest} are deleted or about to be: counting those days anew would empty them."
        raise Invalid("behind_retention", reason, errors={"from": [f"Not before {oldest}."]})
    rebuild, _ = TrendRebuild.objects.get_or_create(
        first=first, last=last, finished_at=None, defaults={"next": first, "started_at": at}
    )
    return rebuild


def go_on_with(rebuild: TrendRebuild, *, at: datetime) -> Iterator[tuple[date, int]]:
    """Count the days of a rebuild that are left, one transaction each. Yields each day with its number of rows.

    Raises:
        Conflict: rows of a day are gone since it was counted; it stays as it is, and so do those after it.
    """
    zone = Organisation.current().zone
    for day, rows in build_days(days(rebuild.next, rebuild.last), zone=zone, at=at):
        rebuild.next = day + timedelta(days=1)
        rebuild.save(update_fields=["next"])
        yield day, rows
    rebuild.finished_at = at
    rebuild.save(update_fields=["finished_at"])


def build_days(wanted: Iterable[date], *, zone: ZoneInfo, at: datetime) -> Iterator[tuple[date, int]]:
    """Count successive days and store what they come to, one transaction each.

    What was live when a day ended is what is live now, less what has happened since; of the days after it, what was
    live when the day before ended and what changed.
    """
    standings: Standings | None = None
    for day in wanted:
        start, end = bounds(day, zone)
        if standings is None or at < end + SETTLES:
            # What is not settled is read in one statement, as of one moment.
            standings = standings_at(end)
        else:
            standings = _moved(standings, moved_between(start, end))
        yield day, _store(day, day_between(start, end, standings), at)


def _due(at: datetime, zone: ZoneInfo) -> list[date]:
    today = at.astimezone(zone).date()
    newest = Trend.objects.over_all().order_by("-date").values_list("date", "built_at").first()
    if newest is None:
        return list(days(max(_first_day(zone) or today, countable_from(at)), today))
    day, built_at = newest
    settled = built_at >= bounds(day, zone)[1] + SETTLES
    return list(days(max(day + timedelta(days=settled), countable_from(at)), today))


def _day_of(moment: datetime) -> date:
    return moment.astimezone(Organisation.current().zone).date()


def _first_day(zone: ZoneInfo) -> date | None:
    first = Evaluation.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return first.astimezone(zone).date() if first else None


def _moved(standings: Standings, moves: Standings) -> Standings:
    return {
        key: standings[key] + moves[key] if key in standings and key in moves else standings.get(key) or moves[key]
        for key in {*standings, *moves}
    }


@transaction.atomic
def _store(day: date, counted: Day, at: datetime) -> int:
    """Make the day's rows what was counted, and touch only those that differ. Returns how many there are."""
    _wait_for_the_other()
    known = {(row.repository_id, row.rule_id): row for row in Trend.objects.filter(date=day)}
    if EVERYWHERE in known and known[EVERYWHERE].evaluations > counted[EVERYWHERE].evaluations:
        # Nothing but retention deletes evaluations, and it may once have been shorter than it is now.
        raise Conflict("rows_gone", f"Rows of {day} are gone since it was counted; it stays as it is.")
    changed = {
        place: figures for place, figures in counted.items() if place not in known or known[place].figures != figures
    }
    gone = [row.pk for place, row in known.items() if place not in counted]
    Trend.objects.filter(pk__in=gone).delete()
    if known:
        _rewrite(day, changed, at)
    else:
        copy_trends(day, changed, at=at)
    # As of when the day was counted stands on its row over all; nothing else has to be written for it.
    Trend.objects.over_all().filter(date=day).update(built_at=at)
    if gone or changed:
        Version.bump(TOPIC)
    return len(counted)


def _rewrite(day: date, changed: Day, at: datetime) -> None:
    rows = [
        Trend(
            date=day,
            repository_id=place.repository,
            rule_id=place.rule,
            built_at=at,
            **{name: getattr(figures, name) for name in COLUMNS},
        )
        for place, figures in changed.items()
    ]
    Trend.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["repository", "rule", "date"],
        update_fields=[*COLUMNS, "built_at"],
    )


def _wait_for_the_other() -> None:
    """Two that count at once (beat, and somebody at the command line) would insert the same rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('trends ' || current_schema(), 0))")
