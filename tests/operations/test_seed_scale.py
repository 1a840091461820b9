"""``seed_scale``: what it writes is what the product would have come to."""

import io
from collections import Counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django_tenants.utils import tenant_context

from accounts.models import Organisation
from compliance.choices import Status
from compliance.models import Check, Evaluation, PullRequest, RuleState, Transition, Trend, Violation
from compliance.services.judging import judge_pull_request
from compliance.services.states import COLUMNS, recount
from core.ids import first_id, last_id
from overrides.models import OverrideRequest
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
UNTIL = "2026-11-20T12:00:00+00:00"
SMALL = ("--violations=2000", "--pulls=60", "--repositories=3", "--authors=9", "--files=40", "--days=12")


def seed(number: int = 1, *, schema: str = "acme") -> list[str]:
    """Fill a tenant; returns what was said."""
    written = io.StringIO()
    call_command("seed_scale", f"--schema={schema}", f"--seed={number}", f"--until={UNTIL}", *SMALL, stdout=written)
    return written.getvalue().splitlines()


def states() -> dict[Any, tuple[int, ...]]:
    """Pull request, package and rule → counts of live violations."""
    return {row[:3]: row[3:] for row in RuleState.objects.values_list("pull_request", "package", "rule", *COLUMNS)}


def test_everything_is_consistent(acme: Tenant) -> None:
    said = seed()
    assert said[-1] == "Vacuumed." or said[-1].startswith("Set OWNER_DATABASE_URL")
    assert (Violation.objects.count(), PullRequest.objects.exclude(number=None).count()) == (2000, 60)
    _rule_states_and_verdicts_are_what_counting_anew_gives()
    _transitions_lead_to_the_status()
    _evaluations_are_what_their_transitions_and_checks_say()
    _keys_are_of_their_moments()
    _days_were_counted()
    _few_make_up_most()
    with pytest.raises(CommandError, match="has pull requests"):
        seed()


def _rule_states_and_verdicts_are_what_counting_anew_gives() -> None:
    written = states()
    for pull in PullRequest.objects.open().select_related("repository"):
        before = (pull.counts, pull.open_counts, pull.score, pull.open_score, pull.verdict, pull.verdict_until)
        recount(pull)
        judge_pull_request(pull)
        after = (pull.counts, pull.open_counts, pull.score, pull.open_score, pull.verdict, pull.verdict_until)
        assert before == after
    assert states() == written
    assert not Violation.objects.live().exclude(pull_request__state="open").exists()


def _transitions_lead_to_the_status() -> None:
    newest: dict[Any, str] = {}
    for row in Transition.objects.order_by("at", "id").values("violation", "from_status", "to_status"):
        assert newest.get(row["violation"], "") == row["from_status"]
        newest[row["violation"]] = row["to_status"]
    assert newest == dict(Violation.objects.values_list("pk", "status"))
    assert {"OPEN", "RESOLVED", "OVERRIDDEN"} == set(newest.values())
    covered = Violation.objects.filter(status=Status.OVERRIDDEN).count()
    named = OverrideRequest.objects.filter(status="APPROVED", kind="OVERRIDE", pull_request__state="open")
    assert covered <= named.aggregate(n=Count("items"))["n"]


def _evaluations_are_what_their_transitions_and_checks_say() -> None:
    changes = Counter(Transition.objects.exclude(evaluation=None).values_list("evaluation", "cause"))
    for one in Evaluation.objects.prefetch_related("checks"):
        assert changes[one.pk, "found"] + changes[one.pk, "returned"] == one.new_count
        assert changes[one.pk, "fixed"] == one.resolved_count
        found = one.block_count + one.override_count + one.warning_count
        assert found == sum(check.count for check in one.checks.all()) == one.new_count + one.seen_count
        assert found == len(one.fingerprints or b"") / 16
    assert set(Check.objects.values_list("outcome", flat=True)) >= {"PASS", "VIOLATION"}


def _keys_are_of_their_moments() -> None:
    for key, at in [*Violation.objects.values_list("pk", "first_seen"), *Transition.objects.values_list("pk", "at")]:
        assert first_id(at) <= key <= last_id(at)


def _days_were_counted() -> None:
    days = Trend.objects.over_all().order_by("date")
    assert days.count() == 12
    newest = days.last()
    assert newest is not None
    live = Violation.objects.live()
    assert newest.violations_open == live.filter(status=Status.OPEN).count()
    assert newest.violations_overridden == live.filter(status=Status.OVERRIDDEN).count()
    assert Organisation.current().time_zone == "UTC"


def _few_make_up_most() -> None:
    for column in ("rule", "file_path", "pull_request"):
        counts = [n for (n,) in Violation.objects.order_by().values(column).annotate(n=Count("pk")).values_list("n")]
        assert max(counts) > 3 * sorted(counts)[len(counts) // 2]
    assert Violation.objects.live().count() < 1000


def test_the_same_seed_makes_the_same(acme: Tenant, globex: Tenant) -> None:
    rows = []
    for tenant in (acme, globex):
        seed(7, schema=tenant.schema_name)
        with tenant_context(tenant):
            rows.append(list(Violation.objects.order_by("pk").values_list("pk", "message", "status", "pull_request")))
    assert rows[0] == rows[1]
