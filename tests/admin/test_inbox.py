"""The inbox in the admin: reports as they came in, and a second chance for failed ones."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from compliance.admin.submissions import SHOWN_CHARS, shown
from compliance.models import Submission
from compliance.report import Report
from core.claims import Claimable
from tests.admin.pages import list_of, page_of, text_of

LIST = list_of("compliance_submission")


@pytest.fixture
def failed(submit: Callable[..., Submission], report: Callable[..., Any]) -> Submission:
    """A report that could not be judged."""
    submission = submit(report(results={"security": {"deny": ["<b>bold</b>"]}}))
    submission.status, submission.attempts = Claimable.Status.FAILED, 3
    submission.error, submission.finished_at = "The <i>database</i> was away.", timezone.now()
    submission.save()
    return submission


def requeue_page(submission: Submission) -> str:
    """Where the page's button posts to."""
    return reverse("admin:compliance_submission_requeue", args=[submission.pk])


def test_a_reports_page_shows_its_payload_and_error_escaped(
    failed: Submission, browser_for: Callable[..., Client], viewer: User
) -> None:
    page = browser_for(viewer).get(page_of(failed)).content.decode()
    assert "The &lt;i&gt;database&lt;/i&gt; was away." in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold</b>" not in page


def test_a_compliance_admin_queues_a_failed_report_again(
    failed: Submission, browser_for: Callable[..., Client], compliance_admin: User
) -> None:
    browser = browser_for(compliance_admin)
    assert requeue_page(failed) in browser.get(page_of(failed)).content.decode()
    response = browser.post(requeue_page(failed), follow=True)
    failed.refresh_from_db()
    assert (failed.status, failed.attempts, failed.error) == ("queued", 0, "")
    assert "1 failed report is queued again." in text_of(response)


def test_failed_reports_among_the_selected_are_queued_again(
    failed: Submission,
    submit: Callable[..., Submission],
    report: Callable[..., Any],
    browser_for: Callable[..., Client],
    compliance_admin: User,
) -> None:
    waiting = submit(report())
    chosen = {"action": "queue_again", "_selected_action": [str(failed.pk), str(waiting.pk)]}
    response = browser_for(compliance_admin).post(LIST, chosen, follow=True)
    assert set(Submission.objects.values_list("status", flat=True)) == {"queued"}
    assert "1 failed report is queued again." in text_of(response)


def test_a_report_that_has_not_failed_is_left_alone(
    submit: Callable[..., Submission],
    report: Callable[..., Any],
    browser_for: Callable[..., Client],
    compliance_admin: User,
) -> None:
    waiting = submit(report())
    browser = browser_for(compliance_admin)
    assert requeue_page(waiting) not in browser.get(page_of(waiting)).content.decode()
    assert "None of these has failed." in text_of(browser.post(requeue_page(waiting), follow=True))


def test_a_viewer_queues_nothing(failed: Submission, browser_for: Callable[..., Client], viewer: User) -> None:
    browser = browser_for(viewer)
    assert requeue_page(failed) not in browser.get(page_of(failed)).content.decode()
    assert browser.post(requeue_page(failed)).status_code == 403
    assert browser.post(LIST, {"action": "queue_again", "_selected_action": [str(failed.pk)]}).status_code == 403
    assert Submission.objects.get().status == "failed"


def test_a_link_queues_nothing(failed: Submission, browser_for: Callable[..., Client], compliance_admin: User) -> None:
    assert browser_for(compliance_admin).get(requeue_page(failed)).status_code == 405


def test_of_a_long_report_only_the_beginning_is_shown() -> None:
    packed = Report("a/b", "c", "1", "opa", {"x": ["ä" * 100] * 30_000}, "opa", "full").packed()
    text, cut = shown(packed)
    assert (len(text), cut) == (SHOWN_CHARS, True)


def test_a_short_report_is_shown_in_full_and_indented() -> None:
    text, cut = shown(Report("a/b", "c", "1", "opa", {"x": 1}, "opa", "full").packed())
    assert '\n  "results": {\n    "x": 1\n  }' in text
    assert not cut
