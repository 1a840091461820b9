"""Addresses of admin pages, and what stands on them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.urls import reverse


def list_of(model: str) -> str:
    """The list of a model, given as ``app_model``."""
    return reverse(f"admin:{model}_changelist")


def page_of(record: Model) -> str:
    """A record's page."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])


def text_of(response: Any) -> str:
    """What a person reads on a page."""
    body = re.sub(r"(?s)<(script|style).*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def filled_in(response: Any) -> dict[str, Any]:
    """What a browser would send if somebody pressed Save at once."""
    form = response.context["adminform"].form
    values = {bound.html_name: bound.field.prepare_value(bound.value()) for bound in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


@contextmanager
def taking(number: int) -> Iterator[None]:
    """A block that takes exactly so many queries, what enters the tenant's schema before each of them aside."""
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"] for query in captured if not query["sql"].startswith("SET search_path")]
    assert len(made) == number, "\n\n".join([f"{len(made)} queries:", *made])
