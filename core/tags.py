"""What every template of the console may use (``{% load console %}``): times, and parts that refresh by themselves."""

from datetime import UTC, datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin_cells import NONE
from core.polling import tag_of

register = template.Library()


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A time to the minute; in a browser in the reader's zone, with the exact one on hover (console/live.js)."""
    return _time(at, "moment")


@register.filter
def ago(at: datetime | None) -> SafeString | str:
    """The same as an age, "5 minutes ago"; ahead of us, "in 5 minutes"."""
    return _time(at, "ago")


@register.simple_block_tag(takes_context=True)
def live(context: Any, content: str, kind: str, part: str = "", url: str = "") -> SafeString:
    """A part of a page that asks for news and shows them.

    ``{% live "violations" %}…{% endlive %}`` on a page whose view is ``polled``.

    Args:
        kind: of ``LIVE_SECONDS``, which says how often it asks.
        part: the part's name where a page has several of a kind.
        url: who is asked, and answers with the part; the page itself where nothing is given.
    """
    request = context["request"]
    here = request.get_full_path()
    return format_html(
        '<div id="live-{part}" class="console-live" data-live="{kind}" data-seconds="{seconds}" data-tag="{tag}" '
        'hx-get="{url}" hx-trigger="refresh" hx-select="#live-{part}" hx-swap="outerHTML" hx-sync="this:drop" '
        "hx-request='{{\"timeout\": 15000}}'>{content}</div>",
        part=part or kind,
        kind=kind,
        seconds=settings.LIVE_SECONDS[kind],
        # Another address has tags of its own; its first answer brings one.
        tag=tag_of(request) if url in ("", here) else "",
        url=url or here,
        content=content,
    )


def _time(at: datetime | None, shown: str) -> SafeString | str:
    if at is None:
        return NONE
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC" data-shown="{}">{} UTC</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        shown,
        utc.strftime("%Y-%m-%d %H:%M"),
    )
