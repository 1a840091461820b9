"""One alert as its readers get it: in Slack, by email, in the console. What they need to act stands there, unbroken."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from alerts.channels.slack_blocks import payload_of
from alerts.choices import ChannelKind, Tier
from alerts.delivery import deliver_next
from alerts.models import Alert, AlertPolicy, Channel
from alerts.services.raising import raise_alert
from tests.admin.pages import text_of
from tests.alerts.pictures import REALISTIC, realistic_packet, slack_page

FACTS = REALISTIC["facts"]
FOUND = [
    REALISTIC["title"],
    "Tier 1: blocks · New",
    "Repository acme/shop",
    "Pull request acme/shop#42: Add the basket <beta>",
    "Rule R01",
    "Author kim",
    "apps/api/src/basket.service.ts:48 HARD STOP [Security/R01]: findMany() without tenantId & join",
    "and 2 more",
    "Acknowledge",
    "Open",
]
"""What a person must find."""


def read(page: str) -> str:
    """A page as it is read: without markup, in one line."""
    page = re.sub(r"<(style|title|head).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def missing(text: str) -> list[str]:
    """Those of ``FOUND`` that do not stand in the text."""
    return [wanted for wanted in FOUND if wanted not in text]


def test_slack_shows_all_that_a_person_needs() -> None:
    text = read(slack_page(payload_of([realistic_packet()])))
    assert missing(text) == []
    assert "&amp;" not in text


@pytest.fixture
def told(db: None, compliance_admin: User) -> Alert:
    """The alert, delivered by email and in the console."""
    AlertPolicy.objects.filter(pk=Tier.BLOCK).update(channels=["email"])
    Channel.objects.create(kind=ChannelKind.EMAIL, name="team", settings={"recipients": ["team@example.com"]})
    alert = raise_alert(**REALISTIC, at=timezone.now())
    while deliver_next():
        pass
    return alert


def test_the_email_shows_the_same_as_text_and_as_html(told: Alert) -> None:
    message: Any = mail.outbox[0]
    ((markup, _),) = message.alternatives
    assert missing(read(markup)) == []
    assert "<beta>" not in markup
    plain = " ".join(message.body.replace(": ", " ").split())
    lines = [line.replace(": ", " ") for line in FOUND if line not in ("Acknowledge", "Open")]
    assert [line for line in lines if line not in plain] == []


def test_the_inbox_and_the_alerts_page_show_the_same(
    told: Alert, compliance_admin: User, browser_for: Callable[..., Client]
) -> None:
    browser: Any = browser_for(compliance_admin)
    inbox = text_of(browser.get("/admin/alerts/notification/"))
    assert REALISTIC["title"] in inbox
    assert "Unread notifications: 1" in text_of(browser.get("/admin/"))
    page = text_of(browser.get(f"/admin/alerts/alert/{told.pk}/change/"))
    wanted = [REALISTIC["title"], FACTS["pull_request"], FACTS["items"][0], "Acknowledge", "team@example.com"]
    assert [line for line in wanted if line not in page] == []
