"""Email says the same as text and as HTML, and the mail server's answers mean what SMTP says."""

import socket
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.base import Destination, SendError
from alerts.channels.email import EmailTransport
from tests.alerts.conftest import ALERT, ID, packet
from tests.alerts.servers import MailServer, links_in, parts_of

EMAIL = EmailTransport()
TEAM = Destination("team", {}, {})
KIM = "kim@example.com"
RENDERED = Path(__file__).with_name("email.html")


def test_text_and_html_say_the_same(mail_server: MailServer) -> None:
    EMAIL.send(TEAM, [packet(recipient=KIM)])
    (mail,) = mail_server.taken
    parts = parts_of(mail)
    assert parts["text/plain"].strip() == "\n".join([
        "R01 on acme/shop#7", "Tier 1: blocks · New", "",
        "Repository: acme/shop", "Rule: R01", "",
        "- A query without its tenant in a.ts", "- Another in b.ts", "- and 1 more",
        "", "Open: https://acme.example.com/pull/7",
        "", "Acknowledge: https://acme.example.com/ack/t~1",
    ])  # fmt: skip
    assert parts["text/html"].strip() == RENDERED.read_text(encoding="utf-8").strip()
    assert set(links_in(parts["text/html"])) == set(links_in(parts["text/plain"]))


def test_the_headers_thread_an_alert_and_tell_a_repetition(mail_server: MailServer) -> None:
    for _ in range(2):
        EMAIL.send(TEAM, [packet(recipient=KIM)])
    first, second = mail_server.taken
    assert first["Message-ID"] == second["Message-ID"] == f"<{ID}@localhost>"
    assert first["References"] == first["In-Reply-To"] == f"<alert.{ALERT}@localhost>"
    assert (first["To"], first["Auto-Submitted"]) == (KIM, "auto-generated")


def test_what_people_write_is_no_markup_and_no_header(mail_server: MailServer) -> None:
    evil = "<img src=x>\r\nBcc: everybody@example.com"
    EMAIL.send(TEAM, [packet(recipient=KIM, headline=evil, title=evil, items=[evil])])
    (mail,) = mail_server.taken
    assert (mail["Bcc"], mail["Subject"]) == (None, "<img src=x> Bcc: everybody@example.com")
    assert "<img" not in parts_of(mail)["text/html"]


@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("451 4.3.0 Later", False), ("452 4.2.2 Full", False), ("554 5.7.1 Spam", True), ("552 5.3.4 Too big", True)],
)
def test_replies_to_the_message(mail_server: MailServer, reply: str, permanent: bool) -> None:
    mail_server.next = [reply]
    with pytest.raises(SendError) as caught:
        EMAIL.send(TEAM, [packet(recipient=KIM)])
    assert (caught.value.message, caught.value.permanent, caught.value.channel) == (reply, permanent, False)


@pytest.mark.parametrize(("reply", "permanent"), [("450 4.2.1 Greylisted", False), ("550 5.1.1 Unknown", True)])
def test_replies_to_the_recipient(mail_server: MailServer, reply: str, permanent: bool) -> None:
    mail_server.refused = {KIM: reply}
    with pytest.raises(SendError) as caught:
        EMAIL.send(TEAM, [packet(recipient=KIM)])
    assert (caught.value.message, caught.value.permanent) == (reply, permanent)


def test_a_dropped_connection_is_tried_again(mail_server: MailServer) -> None:
    mail_server.next = ["drop"]
    with pytest.raises(SendError) as caught:
        EMAIL.send(TEAM, [packet(recipient=KIM)])
    assert (caught.value.permanent, mail_server.taken) == (False, [])


def test_a_server_that_is_away_is_tried_again(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
    with pytest.raises(SendError) as caught:
        EMAIL.send(TEAM, [packet(recipient=KIM)])
    assert not caught.value.permanent
