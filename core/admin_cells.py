"""Cells and links of the admin. What comes from CI becomes a link only when it is a web address."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

NONE = "—"


def page_url(record: Model) -> str:
    """Address of a record's page on the current site."""
    return page_url_of(type(record), record.pk)


def page_url_of(model: type[Model], key: Any) -> str:
    """The same where only the key is at hand."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])


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
