"""Cells and links of the admin. What comes from CI becomes a link only when it is a web address."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.db.models import Model
from django.urls import get_urlconf, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

NONE = "—"
_KEY = "-key-"


def page_url(record: Model) -> str:
    """Address of a record's page on the current site."""
    return page_url_of(type(record), record.pk)


def page_url_of(model: type[Model], key: Any) -> str:
    """The same where only the key is at hand."""
    return _page(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", get_urlconf()).replace(
        _KEY, quote(str(key), safe="")
    )


@lru_cache(maxsize=256)
def _page(name: str, urlconf: str | None) -> str:
    """A page's address but for the key: working it out for each of a list's rows takes longer than reading them."""
    return reverse(name, urlconf=urlconf, args=[_KEY])


def list_url(model: type[Model], **filters: Any) -> str:
    """Address of a model's list, filtered."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def link(address: str, text: object) -> SafeString:
    """A link within the console."""
    return format_html('<a class="console-link" href="{}">{}</a>', address, text)


def moment(at: datetime | None) -> str:
    """A time as lists show it: to the minute, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if at else NONE


def days_since(at: datetime, now: datetime) -> str:
    """How long ago, as lists show it: minutes, hours, then days."""
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def record_link(record: Model | None, text: object = "") -> SafeString | str:
    """A link to a record's page, named by the record."""
    return link(page_url(record), text or record) if record else NONE


def web_address(address: str) -> str:
    """The address where it leads to the web, else nothing: ``javascript:`` and the like come from CI too."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def web_link(address: str, text: object = "") -> SafeString | str:
    """A link out of the console; the bare text where the address is no web address."""
    if not web_address(address):
        return str(text or address) or NONE
    return format_html(
        '<a class="console-link" href="{}" target="_blank" rel="noopener noreferrer">{}</a>', address, text or address
    )
