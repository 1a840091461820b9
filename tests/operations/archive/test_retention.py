"""What goes, what stays, and what hangs on it."""

from collections.abc import Callable
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.models import User
from alerts.choices import Tier
from alerts.models import Alert, AlertEvent, Delivery, Notification
from alerts.services.raising import raise_alert, resolve_alert
from audit.models import AuditEntry
from compliance.choices import PullState
from compliance.models import (
    Check,
    Evaluation,
    NamedHead,
    PullRequest,
    StatusUpdate,
    Submission,
    TenantSettings,
    Transition,
    Violation,
)
from compliance.services.pulls import set_state
from compliance.services.standing import standing_now
from compliance.services.submissions import requeue
from core.errors import Conflict
from operations.archive.running import forecast, run_archive, run_retention
from operations.models import ArchiveBatch, RetentionRun
from overrides.choices import Kind
from overrides.models import OverriddenViolation
from overrides.services.asking import request_override
from overrides.services.deciding import approve_override
from tests.operations.archive.conftest import R01
from tests.operations.archive.counting import everything, in_archive, in_database

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]
Fixed = Callable[..., PullRequest]


def test_what_goes_is_in_the_archive_and_nothing_is_in_both(
    archive_folder: Path, fixed: Fixed, merged: Fixed, now: datetime
) -> None:
    fixed(1, days=10, files="ab")
    fixed(2, days=100, files="abc")
    merged(3, days=100, files="abcd")
    made, expected = in_database(), forecast(at=now)
    outcome = run_retention(at=now)
    assert outcome.deleted == outcome.archived == expected
    assert everything(archive_folder) == made
    assert (outcome.deleted["violations"], outcome.deleted["evaluations"]) == (7, 3)
    assert forecast(at=now) == {}
    assert run_retention(at=now).archived == {}


def test_the_audit_log_says_what_was_deleted_and_loses_nothing(fixed: Fixed, now: datetime) -> None:
    fixed(1, days=100)
    before = AuditEntry.objects.count()
    deleted = run_retention(at=now).deleted
    assert AuditEntry.objects.count() == before + 1
    assert AuditEntry.objects.latest("sequence").after == dict(deleted)


def test_live_violations_and_the_newest_run_of_each_source_stay_for_ever(
    judge: Callable[..., Evaluation], report: Any, ago: Any, now: datetime
) -> None:
    judge(report(run_id="old", deny=[R01.format("a")]), at=ago(400))
    for part in ("x", "y"):
        judge(report(run_id="new", deny=[R01.format("a")], title=part), at=ago(300), part=part)
    judge(report(run_id="lint", source="lint"), at=ago(500))
    run_retention(at=now)
    assert sorted(Evaluation.objects.values_list("run_id", flat=True)) == ["lint", "new", "new"]
    assert [violation.transitions.count() for violation in Violation.objects.all()] == [1]
    assert set(Submission.objects.values_list("payload", flat=True)) == {b""}


@pytest.mark.parametrize(("days", "left"), [(89.9, 1), (90.1, 0)])
def test_the_day_counts_on_which_a_violation_was_resolved(fixed: Fixed, now: datetime, days: float, left: int) -> None:
    fixed(1, days=days)
    run_retention(at=now)
    assert Violation.objects.count() == left


def test_each_tenant_says_how_long(fixed: Fixed, now: datetime) -> None:
    fixed(1, days=20)
    TenantSettings(violations_kept_days=15, payloads_kept_days=15).save()
    assert run_retention(at=now).deleted["violations"] == 1


def test_a_receipt_outlives_its_report(
    judge: Any, report: Any, ago: Any, now: datetime, ci: APIClient, archive_folder: Path
) -> None:
    submission = judge(report(deny=[R01.format("a")]), at=ago(31)).submission
    run_retention(at=now)
    answer = ci.get(f"/api/compliance/reports/{submission.pk}").json()
    assert (answer["status"], answer["verdict"], answer["violations"]["new"]) == ("done", "BLOCKED", 1)
    assert in_archive(archive_folder, "payloads") == [str(submission.pk)]


def test_a_failed_report_without_its_payload_is_not_queued_again_unless_it_is_sent_again(
    submit: Any, report: Any, ago: Any, now: datetime
) -> None:
    body = report()
    submission = submit(body, at=ago(31))
    Submission.objects.update(status="failed", finished_at=ago(31))
    run_retention(at=now)
    with pytest.raises(Conflict, match="no longer kept"):
        requeue(submission, at=now)
    assert submit(body, at=now).status == "queued"
    assert bytes(Submission.objects.get().payload) == bytes(submission.payload)


def test_a_failed_report_stays_while_its_pull_request_waits_for_it(
    submit: Any, judge: Any, report: Any, ago: Any, now: datetime
) -> None:
    pull = judge(report(source="lint"), at=ago(200)).pull_request
    submit(report(), at=ago(120))
    Submission.objects.filter(source="opa").update(status="failed", finished_at=ago(120), error="Unreadable.")
    run_retention(at=now)
    assert standing_now(PullRequest.objects.get(pk=pull.pk), at=now).verdict == "PENDING"
    judge(report(), at=ago(100))
    run_retention(at=now)
    assert not Submission.objects.filter(status="failed").exists()


def test_what_a_standing_override_names_stays_until_it_is_over(
    judge: Any, report: Any, ago: Any, now: datetime, viewer: User, compliance_admin: User
) -> None:
    judge(report(deny=[R01.format("a"), R01.format("b")]), at=ago(120))
    first, second = Violation.objects.order_by("file_path")
    asked = {"reason": "The tenant is checked by the gateway in front.", "by": viewer, "at": ago(119)}
    pending = request_override(violations=[first.pk], **asked)
    false = request_override(violations=[second.pk], kind=Kind.FALSE_POSITIVE, **asked)
    approve_override(override_id=false.pk, by=compliance_admin, at=ago(118))
    pull = judge(report(), at=ago(110)).pull_request
    set_state(pull.pk, state=PullState.MERGED, by="kim", at=ago(100))
    run_retention(at=now)
    assert set(Violation.objects.values_list("pk", flat=True)) == {first.pk, second.pk}
    pending.status = "WITHDRAWN"
    pending.save()
    run_retention(at=now)
    assert [violation.pk for violation in Violation.objects.all()] == [second.pk]
    assert OverriddenViolation.objects.count() == 2


def test_a_finding_that_returns_after_its_row_is_gone_is_a_new_one(
    fixed: Fixed, judge: Any, report: Any, now: datetime
) -> None:
    fixed(1, days=100)
    known = Violation.objects.get()
    run_retention(at=now)
    judge(report(pr_number=1, deny=[R01.format("a")]))
    returned = Violation.objects.get()
    assert returned.pk != known.pk
    assert (returned.fingerprint, returned.status) == (known.fingerprint, "OPEN")


def test_a_pull_request_reopened_after_its_rows_are_gone_waits_for_a_report(
    judge: Any, report: Any, ago: Any, now: datetime
) -> None:
    pull = judge(report(deny=[R01.format("a")]), at=ago(120)).pull_request
    set_state(pull.pk, state=PullState.CLOSED, by="kim", at=ago(100))
    run_retention(at=now)
    assert PullRequest.objects.get().verdict == "BLOCKED"
    reopened = set_state(pull.pk, state=PullState.OPEN, by="kim", at=now)
    assert (Violation.objects.count(), reopened.verdict) == (0, "PENDING")
    assert judge(report(deny=[R01.format("a")])).verdict == "BLOCKED"


def test_a_report_on_a_former_head_is_late_although_nothing_else_remembers_it(
    fixed: Fixed, judge: Any, report: Any, now: datetime
) -> None:
    pull = fixed(1, days=100)
    run_retention(at=now)
    assert list(NamedHead.objects.values_list("commit_sha", flat=True)) == ["1a"]
    late = judge(report(pr_number=1, commit_sha="1a", deny=[R01.format("a")]))
    assert (late.superseded, PullRequest.objects.get(pk=pull.pk).head_sha) == ("commit", "1b")


def test_alerts_go_with_their_history_and_what_waits_stays(ago: Any, now: datetime, compliance_admin: User) -> None:
    for key, days, status in (("old", 60, "done"), ("young", 20, "done"), ("waits", 60, "queued")):
        raise_alert(tier=Tier.BLOCK, key=key, new=1, title=key, at=ago(days))
        resolve_alert(key=key, at=ago(days - 1))
        Delivery.objects.filter(alert__key=key).delete()
        about = {"alert": Alert.objects.get(key=key), "tier": Tier.BLOCK}
        delivery = Delivery.objects.create(
            **about, occasion="new", message={}, channel_name="mail", due_at=ago(days), status=status,
            received_at=ago(days), run_after=ago(days), finished_at=ago(days),
        )  # fmt: skip
        Notification.objects.create(**about, delivery=delivery, user=compliance_admin, title="R01", at=ago(days))
    raise_alert(tier=Tier.BLOCK, key="open", new=1, title="open", at=ago(60))
    Delivery.objects.filter(alert__key="open").delete()
    events = AlertEvent.objects.filter(alert__key="old").count()
    deleted = run_retention(at=now).deleted
    assert sorted(Alert.objects.values_list("key", flat=True)) == ["open", "waits", "young"]
    gone = {"alerts": 1, "deliveries": 1, "notifications": 1, "alert_events": events}
    assert deleted == gone
    call_command("archive", "restore", "--tenant", "acme", stdout=StringIO())
    assert Alert.objects.get(key="old").events.count() == events
    assert (Delivery.objects.count(), Notification.objects.count()) == (3, 3)


def test_a_row_that_changes_after_it_was_archived_stays_and_leaves_the_archive(
    archive_folder: Path, fixed: Fixed, now: datetime
) -> None:
    pull = fixed(1, days=100, files="abc")
    made = in_database()
    run_archive(at=now)
    assert len(in_archive(archive_folder, "violations")) == 3
    changed = Violation.objects.filter(pull_request=pull).order_by("pk")[1]
    Violation.objects.filter(pk=changed.pk).update(message="Said otherwise.")
    Transition.objects.filter(violation=Violation.objects.order_by("pk")[2]).first().delete()  # type: ignore[union-attr]
    outcome = run_retention(at=now)
    # In the same night it is archived once more, as it is now.
    assert outcome.archived["violations"] == 1
    assert Violation.objects.count() == 0
    left = everything(archive_folder)
    assert left["violations"] == made["violations"]
    assert len(left["transitions"]) == len(set(left["transitions"])) == len(made["transitions"])


def test_a_violation_that_comes_back_between_archive_and_retention_is_only_in_the_database(
    archive_folder: Path, fixed: Fixed, judge: Any, report: Any, now: datetime
) -> None:
    fixed(1, days=100, files="ab")
    run_archive(at=now)
    judge(report(pr_number=1, commit_sha="1c", deny=[R01.format("a")]))
    made = in_database()
    run_retention(at=now)
    assert [violation.status for violation in Violation.objects.all()] == ["OPEN"]
    assert everything(archive_folder) == made
    assert set(ArchiveBatch.objects.values_list("state", flat=True)) == {"sealed"}


def test_a_longer_retention_takes_back_what_was_only_archived(
    archive_folder: Path, fixed: Fixed, now: datetime
) -> None:
    fixed(1, days=100)
    made = in_database()
    run_archive(at=now)
    TenantSettings(violations_kept_days=200, payloads_kept_days=200).save()
    run_retention(at=now)
    assert in_database() == made == everything(archive_folder)
    assert not ArchiveBatch.objects.filter(kind__in=["violations", "evaluations", "payloads"]).exists()


def test_a_window_is_run_once_and_a_run_that_stopped_goes_on(fixed: Fixed, now: datetime) -> None:
    fixed(1, days=100)
    stopped = run_retention(at=now, window=now.date(), stopped=lambda: True)
    assert (stopped.finished, sum(stopped.deleted.values())) == (False, 0)
    assert run_retention(at=now, window=now.date()).deleted["violations"] == 1
    fixed(2, days=100)
    assert run_retention(at=now, window=now.date()).deleted == {}
    assert RetentionRun.objects.get().deleted["violations"] == 1


def test_what_code_hosts_were_told_of_merged_pull_requests_goes(merged: Fixed, now: datetime, ago: Any) -> None:
    from compliance.choices import HostKind, Update
    from compliance.models import CodeHost

    host = CodeHost.objects.create(kind=HostKind.GITHUB, name="hub", base_url="https://api.github.com")
    for number, days in ((1, 100), (2, 20)):
        pull = merged(number, days=days)
        StatusUpdate.objects.create(
            kind=Update.STATUS, host=host, repository=pull.repository, pull_request=pull, target=str(number),
            status="done", received_at=ago(days), run_after=ago(days), finished_at=ago(days),
        )  # fmt: skip
    run_retention(at=now)
    assert [update.target for update in StatusUpdate.objects.all()] == ["2"]


def test_checks_go_with_their_evaluation(merged: Fixed, now: datetime) -> None:
    merged(1, days=100)
    assert run_retention(at=now).deleted["checks"] > 2
    assert not Check.objects.exists()
