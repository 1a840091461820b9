"""What a tenant's own tables say of its health. Run inside the tenant's schema.

The keys of what grows are of the moment at which it was written, so that "the last day" is a span of keys: nothing
here reads a large table as a whole, but for the rules' states, which are summed every few minutes.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, Count, DurationField, F, Max, Q

from alerts.choices import Occasion, Tier
from alerts.models import Alert, AlertEvent, Delivery
from compliance.choices import Outcome
from compliance.models import Check, PullRequest, Submission, Transition
from compliance.queries.rules import tallies_of_rules
from core.claims import Claimable, ClaimQuerySet
from core.ids import first_id
from operations.terms import SILENT_AFTER
from tenants.current import connection

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
_SENT = [Delivery.Outcome.SENT, Delivery.Outcome.DELIVERED, Delivery.Outcome.ACKNOWLEDGED]
_SHOWN_SILENT = 100
_BYTES = """
    SELECT COALESCE(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind IN ('r', 'm', 'p')
"""
# On the indexes of what is not done; asked for with each page of health.
_QUEUE = """
    SELECT count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'processing'), min(received_at),
        (SELECT count(*) FROM compliance_submission WHERE status <> 'done' AND status = 'failed'),
        (SELECT count(*) FROM alerts_delivery WHERE status IN ('queued', 'processing'))
        + (SELECT count(*) FROM compliance_statusupdate WHERE status IN ('queued', 'processing'))
    FROM compliance_submission WHERE status IN ('queued', 'processing')
"""
_SILENT = """
    SELECT repository.name, COALESCE(max(pull.last_checked), repository.created_at) AS heard
    FROM compliance_repository repository LEFT JOIN compliance_pullrequest pull ON pull.repository_id = repository.id
    GROUP BY repository.id HAVING COALESCE(max(pull.last_checked), repository.created_at) < %s ORDER BY 2 LIMIT %s
"""


class _Percentile(Aggregate):
    """A percentile, interpolated."""

    template = "PERCENTILE_CONT(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    allow_distinct = False


def _percentile(expression: Any, share: float, **options: Any) -> _Percentile:
    return _Percentile(expression, share=share, output_field=DurationField(), **options)


def quick_figures(*, at: datetime) -> dict[str, Any]:
    """What changes by the minute. Eight statements, each on an index."""
    return {
        "queue": queue(at=at),
        "evaluations": _evaluations(at=at),
        **alerting_figures(at=at),
    }


def alerting_figures(*, at: datetime) -> dict[str, Any]:
    """Of alerts and their messages alone: the public schema has these, too."""
    return {"deliveries": _deliveries(at=at), "alerts": _alerts(at=at)}


def slow_figures(*, at: datetime) -> dict[str, Any]:
    """What is worth asking every few minutes: the business, the tables' size, who is silent."""
    return {"pulls": _pulls(), "rules": _rules(at=at), "resolution": _resolution(at=at), "bytes": _bytes(),
            "silent": _silent_repositories(at=at)}  # fmt: skip


def queue(*, at: datetime) -> dict[str, Any]:
    """Reports that wait, how long the oldest has (seconds), dead letters, and what waits to be sent. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE)
        waiting, processing, since, failed, messages = cursor.fetchone()
    oldest = max((at - since).total_seconds(), 0.0) if since else 0.0
    return {
        "waiting": waiting,
        "processing": processing,
        "oldest": oldest,
        "failed": failed,
        "messages": messages,
    }


def _waiting(rows: ClaimQuerySet) -> int:
    return rows.waiting().order_by().count()


def _evaluations(*, at: datetime) -> dict[str, Any]:
    """Reports settled in the last hour: how they went, and how long from received to visible (seconds)."""
    settled = Submission.objects.filter(pk__gte=first_id(at - DAY), finished_at__gte=at - HOUR).order_by()
    done = Q(status=Claimable.Status.DONE)
    took = F("finished_at") - F("received_at")
    found = settled.aggregate(
        succeeded=Count("pk", filter=done),
        failed=Count("pk", filter=Q(status=Claimable.Status.FAILED)),
        p50=_percentile(took, 0.5, filter=done),
        p95=_percentile(took, 0.95, filter=done),
        longest=Max(took, filter=done, output_field=DurationField()),
    )
    fresh = {name: _seconds(found[name]) for name in ("p50", "p95", "longest")}
    return {"succeeded": found["succeeded"], "failed": found["failed"], "freshness": fresh}


def _deliveries(*, at: datetime) -> dict[str, Any]:
    """Messages settled in the last hour; what was replaced or stale was no delivery."""
    settled = Delivery.objects.filter(pk__gte=first_id(at - DAY), finished_at__gte=at - HOUR).order_by()
    found: dict[str, Any] = settled.aggregate(
        sent=Count("pk", filter=Q(status=Claimable.Status.DONE, outcome__in=_SENT)),
        failed=Count("pk", filter=Q(status=Claimable.Status.FAILED)),
    )
    return found | {"waiting": _waiting(Delivery.objects.all())}


def _alerts(*, at: datetime) -> dict[str, Any]:
    """Tier 1 alerts of the last day that people were told of, and whether somebody took them; escalations."""
    told = Alert.objects.filter(pk__gte=first_id(at - DAY), tier=Tier.BLOCK, last_sent_at__isnull=False).order_by()
    taken = Q(acknowledged_at__isnull=False)
    found = told.aggregate(
        told=Count("pk"),
        acknowledged=Count("pk", filter=taken),
        median=_percentile(F("acknowledged_at") - F("opened_at"), 0.5, filter=taken),
    )
    escalated = AlertEvent.objects.filter(pk__gte=first_id(at - DAY), occasion=Occasion.ESCALATED)
    return {
        "told": found["told"],
        "acknowledged": found["acknowledged"],
        "median": _seconds(found["median"]),
        "escalations": escalated.order_by().values("alert", "at").distinct().count(),
        "open": Alert.objects.unresolved().order_by().count(),
    }


def _pulls() -> dict[str, Any]:
    """Open pull requests by verdict and by tens of their score, and how many were ever judged."""
    pulls = PullRequest.objects.open().filter(number__isnull=False).order_by()
    groups = pulls.annotate(tens=F("score") / 10).values_list("verdict", "tens")
    rows = groups.annotate(n=Count("pk"), judged=Count("last_checked"))
    verdicts: dict[str, int] = {}
    scores = [0] * 11
    seen = judged = 0
    for verdict, tens, number, checked in rows:
        verdicts[verdict] = verdicts.get(verdict, 0) + number
        scores[min(int(tens), 10)] += checked
        seen, judged = seen + number, judged + checked
    return {"verdicts": verdicts, "scores": scores, "seen": seen, "judged": judged}


def _rules(*, at: datetime) -> dict[str, Any]:
    """Rule → live violations by severity, and its checks of the last day: all, and passed."""
    rules: dict[str, dict[str, Any]] = {
        rule: {"live": list(tally.counts), "checks": 0, "passed": 0} for rule, tally in tallies_of_rules().items()
    }
    checks = Check.objects.filter(pk__gte=first_id(at - DAY)).order_by().values_list("rule")
    for rule, number, passed in checks.annotate(n=Count("pk"), passed=Count("pk", filter=Q(outcome=Outcome.PASS))):
        known = rules.setdefault(rule, {"live": [0, 0, 0]})
        known["checks"], known["passed"] = number, passed
    return rules


def _resolution(*, at: datetime) -> dict[str, Any]:
    """Violations fixed in the last week: how many, and mean and p90 hours from first seen to fixed."""
    fixed = Transition.objects.filter(pk__gte=first_id(at - WEEK), cause=Transition.Cause.FIXED).order_by()
    took = F("at") - F("violation__first_seen")
    found = fixed.aggregate(fixed=Count("pk"), mean=Avg(took, output_field=DurationField()), p90=_percentile(took, 0.9))
    hours = {name: _seconds(found[name]) / 3600 for name in ("mean", "p90")}
    return {"fixed": found["fixed"], "mean_hours": round(hours["mean"], 3), "p90_hours": round(hours["p90"], 3)}


def _bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_BYTES, [connection.schema_name])
        return int(cursor.fetchone()[0])


def _silent_repositories(*, at: datetime) -> dict[str, int]:
    """Repository → for how many days no report of it was judged, where that is too long."""
    with connection.cursor() as cursor:
        cursor.execute(_SILENT, [at - SILENT_AFTER, _SHOWN_SILENT])
        return {name: (at - heard).days for name, heard in cursor.fetchall()}


def _seconds(span: timedelta | None) -> float:
    return round(span.total_seconds(), 3) if span else 0.0
