"""Single persons are told what concerns them."""

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from alerts.delivery import deliver_next
from alerts.models import Delivery, Notification
from alerts.services.notices import notify

TITLE = "Your override ends tomorrow"


@pytest.fixture
def people(committed: None) -> list[User]:
    """One with an address, one without, and one whom it does not concern."""
    names = {"kim": "kim@example.com", "lee": "", "sam": "sam@example.com"}
    return [User.objects.create_user(name, email, "x") for name, email in names.items()]


def test_who_is_concerned_is_told_in_the_console_and_by_email(people: list[User]) -> None:
    assert notify(people[:2], title=TITLE, items=["acme/shop#1"], at=timezone.now()) == 3
    while deliver_next():
        pass
    assert list(Notification.objects.order_by("user__username").values_list("user__username", "title")) == [
        ("kim", TITLE),
        ("lee", TITLE),
    ]
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["kim@example.com"], TITLE)
    assert "- acme/shop#1" in message.body


def test_a_notice_that_is_sent_again_bears_the_same_id_and_makes_no_second_notification(people: list[User]) -> None:
    notify(people[:1], title=TITLE, at=timezone.now())
    for _ in range(2):
        while deliver_next():
            pass
        Delivery.objects.update(status="queued", attempts=0, outcome="")
    assert Notification.objects.count() == 1
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1
    assert len(mail.outbox) == 2
