"""Parts of pages that ask for news, and are told at once that there are none."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory, override_settings

from core.polling import polled, tag_of
from core.tags import ago, moment


class Page:
    """A page whose state the test decides, and that counts how often it is made."""

    def __init__(self) -> None:
        self.state, self.made = 1, 0

    def ask(self, **headers: str) -> HttpResponse:
        """Send a request with these headers."""
        request = RequestFactory().get("/page/", headers={name.replace("_", "-"): v for name, v in headers.items()})
        request.user = AnonymousUser()
        return polled(lambda _: self.state)(self.view)(request)

    def view(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        self.made += 1
        return HttpResponse(tag_of(request))


@pytest.fixture
def page() -> Page:
    """A page."""
    return Page()


def test_a_poll_is_answered_304_while_nothing_has_changed(page: Page) -> None:
    tag = page.ask()["ETag"]
    answer = page.ask(HX_Request="true", If_None_Match=tag)
    assert (answer.status_code, answer.content, answer["ETag"], page.made) == (304, b"", tag, 1)


def test_a_poll_is_answered_in_full_once_something_has(page: Page) -> None:
    tag = page.ask()["ETag"]
    page.state = 2
    answer = page.ask(HX_Request="true", If_None_Match=tag)
    assert (answer.status_code, answer["ETag"] == tag, answer.content.decode()) == (200, False, answer["ETag"])


def test_a_person_who_opens_the_page_gets_it_whole(page: Page) -> None:
    tag = page.ask()["ETag"]
    answer = page.ask(If_None_Match=tag)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")


def test_a_part_says_where_and_how_often_it_asks() -> None:
    request = RequestFactory().get("/page/?day=1&x=<b>")
    request.live_tag = 'W/"1"'  # type: ignore[attr-defined]
    text = '{% load console %}{% live "violations" part="open" %}<p>{{ x }}</p>{% endlive %}'
    with override_settings(LIVE_SECONDS={"violations": 3}):
        drawn = Template(text).render(Context({"request": request, "x": "<i>"}))
    for told in (
        'id="live-open"',
        'data-seconds="3"',
        'data-tag="W/&quot;1&quot;"',
        'hx-get="/page/?day=1&amp;x=%3Cb%3E"',
        "<p>&lt;i&gt;</p>",
    ):
        assert told in drawn


def test_a_part_of_another_address_takes_no_tag_of_this_page() -> None:
    request = RequestFactory().get("/page/")
    request.live_tag = "this page's"  # type: ignore[attr-defined]
    text = '{% load console %}{% live "bell" url="/bell/" %}{% endlive %}'
    assert 'data-tag=""' in Template(text).render(Context({"request": request}))


@pytest.mark.parametrize(("shown", "name"), [(moment, "moment"), (ago, "ago")])
def test_a_time_is_exact_for_machines_and_to_the_minute_for_people(shown: Callable[..., Any], name: str) -> None:
    at = datetime(2026, 11, 23, 9, 5, 7, tzinfo=UTC).astimezone()
    assert shown(at) == (
        '<time datetime="2026-11-23T09:05:07Z" title="2026-11-23 09:05:07 UTC" '
        f'data-shown="{name}">2026-11-23 09:05 UTC</time>'
    )
    assert shown(None) == "—"
