"""What browsers are told of every answer, and that no page needs more."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from tenants.models import Tenant
from tests.clients import TenantClient

TEMPLATES = Path(settings.BASE_DIR, "templates")
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE)
INLINE_HANDLER = re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE)

# A page, a page of nobody, a redirection, an API's refusal, a probe, a file.
ADDRESSES = [
    "/admin/login/",
    "/nowhere/",
    "/admin/",
    "/api/compliance/rules",
    "/healthz",
    "/static/console/live.js",
    "/api/compliance/docs",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_refuses_scripts_within_the_page(address: str, acme: Tenant) -> None:
    with closing(TenantClient(acme).get(address, headers={"accept": "text/html"})) as response:
        headers = response.headers
    rules = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert rules["script-src"] == "'self' 'unsafe-eval'"
    assert (rules["default-src"], rules["object-src"], rules["frame-ancestors"]) == ("'self'", "'none'", "'none'")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_of_ours_holds_a_script_or_a_handler(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not INLINE_SCRIPT.search(text)
    assert not INLINE_HANDLER.search(text)


@pytest.mark.parametrize("address", ["/admin/", "/admin/compliance/violation/", "/admin/password_change/"])
def test_no_page_holds_a_script_or_a_handler(
    address: str, browser_for: Callable[..., Client], tenant_admin: User
) -> None:
    response: Any = browser_for(tenant_admin).get(address)
    page = response.content.decode()
    assert response.status_code == 200
    assert not INLINE_SCRIPT.search(page)
    assert not INLINE_HANDLER.search(page)
