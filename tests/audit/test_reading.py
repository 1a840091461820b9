"""Reading the log: in the console, by the API, as a file."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEntry
from audit.queries import values_of
from audit.services import record_entry
from core.origin import Origin, coming_from
from tenants.models import Tenant
from tests import factories
from tests.admin.pages import list_of, page_of, text_of
from tests.conftest import PASSWORD

LIST, API = list_of("audit_auditentry"), "/api/compliance/audit"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs" / "audit.md"
ADMINS = [Role.COMPLIANCE_ADMIN, Role.TENANT_ADMIN]
ALL = [Role.VIEWER, Role.CI_REPORTER, *ADMINS]
pytestmark = pytest.mark.django_db


def record(number: int, **fields: Any) -> AuditEntry:
    """A deed of day ``number``."""
    given = {"action": "rule.edited", "resource": ("rule", f"R{number:02}", f"Rule {number}"), "by": None}
    return record_entry(**given | {"at": AT + timedelta(days=number)} | fields)


@pytest.fixture
def browser(browser_for: Callable[..., Client], compliance_admin: User) -> Client:
    """A compliance admin's browser."""
    return browser_for(compliance_admin)


@pytest.fixture
def client(client_for: Callable[..., APIClient], acme: Tenant, compliance_admin: User) -> APIClient:
    """A compliance admin's program."""
    return client_for(acme, user=compliance_admin)


@pytest.mark.parametrize("role", ALL)
def test_admins_read_the_log_and_nobody_else(
    role: Role, acme: Tenant, browser_for: Callable[..., Client], client_for: Callable[..., APIClient]
) -> None:
    person, entry = factories.user(role, password=PASSWORD), record(1)
    browser, export = browser_for(person), reverse("admin:audit_auditentry_export", args=["json"])
    answers = [browser.get(page).status_code for page in (LIST, page_of(entry), export)]
    answers.append(client_for(acme, user=person).get(API).status_code)
    assert answers == [200 if role in ADMINS else 403] * 4


def test_ci_tokens_and_strangers_read_nothing(
    acme: Tenant, ci: APIClient, client_for: Callable[..., APIClient]
) -> None:
    assert (ci.get(API).status_code, client_for(acme).get(API).status_code) == (403, 401)


def test_nobody_writes_to_it(browser_for: Callable[..., Client], tenant_admin: User) -> None:
    browser, entry = browser_for(tenant_admin), record(1)
    delete = reverse("admin:audit_auditentry_delete", args=[entry.pk])
    answers = [
        browser.post(page_of(entry), {"note": "x"}),
        browser.post(delete, {"post": "yes"}),
        browser.get(reverse("admin:audit_auditentry_add")),
        browser.post(LIST, {"action": "delete_selected", "_selected_action": [entry.pk]}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


def test_a_page_shows_what_was_changed_and_escapes_it(browser: Client) -> None:
    with coming_from(Origin("ci-7", "192.0.2.7")):
        entry = record(1, before={"tier": "BLOCK"}, after={"tier": "<b>x", "packages": ["a"]}, note="because")
    page = text_of(browser.get(page_of(entry)))
    assert "packages — ['a'] tier BLOCK <b>x" in page
    assert "<b>x" not in browser.get(page_of(entry)).content.decode()
    for told in ("rule.edited", "because", "192.0.2.7", "ci-7", entry.hash.hex()):
        assert told in page


def test_the_list_is_filtered_and_searched(browser: Client) -> None:
    made = [record(number, note=f"note {number}") for number in (1, 2, 3)]
    other = record(4, action="user.created", resource=("user", "7", "kim"), by=User.objects.get())
    found = {
        f"{name}={value}": [row.pk for row in browser.get(LIST, {name: value}).context["cl"].result_list]
        for name, value in (
            ("action", "user.created"),
            ("resource_type", "user"),
            ("resource_id__icontains", "R02"),
            ("actor__icontains", "compliance_admin"),
            ("q", "NOTE 3"),
            ("q", "kim"),
        )
    }
    days = {"at_from": "2026-03-02", "at_to": "2026-03-03", "action": "rule.edited"}
    first_two = [row.pk for row in browser.get(LIST, days).context["cl"].result_list]
    mine = list(AuditEntry.objects.filter(actor_kind="user").values_list("pk", flat=True))
    assert first_two == [made[1].pk, made[0].pk]
    assert other.pk in found.pop("action=user.created")
    assert other.pk in found.pop("resource_type=user")
    assert found == {
        "resource_id__icontains=R02": [made[1].pk],
        "actor__icontains=compliance_admin": mine,
        "q=NOTE 3": [made[2].pk],
        "q=kim": [other.pk],
    }


def test_choices_are_found_without_reading_every_entry() -> None:
    for number, action in enumerate(["b", "a", "b", "c"]):
        record(number, action=action)
    assert values_of("action") == ["a", "b", "c"]


def test_the_api_pages_by_cursor_and_filters(client: APIClient) -> None:
    made = [record(number) for number in range(5)]
    pages, address = [], f"{API}?page_size=2&action=rule.edited"
    while address:
        body = client.get(address).json()
        pages.append([entry["sequence"] for entry in body["results"]])
        address = body["next"]
    numbers = [entry.sequence for entry in reversed(made)]
    assert pages == [numbers[:2], numbers[2:4], numbers[4:]]
    day = {"after": AT + timedelta(days=1), "before": AT + timedelta(days=3)}
    found = client.get(API, {name: at.isoformat() for name, at in day.items()}).json()["results"]
    assert [entry["resource_id"] for entry in found] == ["R02", "R01"]
    assert [entry["resource"] for entry in client.get(API, {"q": "rule 3"}).json()["results"]] == ["Rule 3"]


def test_the_api_answers_what_was_recorded_with_its_proof(client: APIClient) -> None:
    entry = record(1, before={"tier": "BLOCK"}, after={"tier": "WARNING"})
    (shown,) = client.get(API, {"action": "rule.edited"}).json()["results"]
    assert (shown["before"], shown["after"], shown["at"]) == (entry.before, entry.after, "2026-03-02T12:00:00.000000Z")
    assert (shown["hash"], shown["previous_hash"]) == (entry.hash.hex(), bytes(entry.previous_hash).hex())


@pytest.mark.parametrize("query", ["actr=kim", "cursor=x", "after=yesterday", "q=%00"])
def test_a_query_that_makes_no_sense_is_named(client: APIClient, query: str) -> None:
    response = client.get(f"{API}?{query}")
    assert (response.status_code, list(response.json()["errors"])) == (422, [query.split("=")[0]])


def exported(browser: Client, kind: str, **filters: str) -> str:
    response = browser.get(reverse("admin:audit_auditentry_export", args=[kind]), filters)
    assert response["Content-Disposition"] == f'attachment; filename="audit-acme.{kind}"'
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def test_an_export_is_what_the_list_shows_and_is_recorded(browser: Client) -> None:
    record(1)
    record(2, note="=1+1", before={"tier": "BLOCK"})
    rows = list(csv.DictReader(io.StringIO(exported(browser, "csv", action="rule.edited", resource_id__icontains="2"))))
    assert [(row["resource_id"], row["note"], row["before"]) for row in rows] == [("R02", "'=1+1", '{"tier":"BLOCK"}')]
    taken = AuditEntry.objects.get(action="audit.exported")
    assert taken.after == {"filters": {"action": "rule.edited", "resource_id__icontains": "2"}, "format": "csv"}


def test_an_export_can_be_checked_with_what_the_documentation_prints(browser: Client, tmp_path: Path) -> None:
    for number in range(3):
        record(number, before={"text": 'ü "\\ \u2028 \x7f', "n": [1, None, True]}, after={})
    script, file = tmp_path / "check.py", tmp_path / "export.json"
    (source,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    script.write_text(source)
    file.write_text(exported(browser, "json"))
    head = AuditEntry.objects.order_by("-sequence").first()
    assert head is not None
    done = subprocess.run([sys.executable, script, file], capture_output=True, text=True, check=True)
    assert done.stdout == f"{head.sequence} entries hold, head {bytes(head.hash).hex()}\n"
    changed = json.loads(file.read_text())
    changed["entries"][2]["actor"] = "somebody else"
    file.write_text(json.dumps(changed))
    assert subprocess.run([sys.executable, script, file], capture_output=True, check=False).returncode == 1


def test_a_tenants_log_is_its_own(client: APIClient, browser: Client, globex: Tenant) -> None:
    with tenant_context(globex):
        record(1, note="globex alone")
    assert "globex alone" not in exported(browser, "json")
    assert client.get(API, {"q": "globex"}).json()["results"] == []


def test_operators_read_the_platforms_log(operator_browser: Client) -> None:
    record(1, note="acme alone")
    listing = reverse("admin:audit_auditentry_changelist", urlconf="config.urls_public")
    page = text_of(operator_browser.get(listing))
    assert "tenant.requested" in page
    assert "acme alone" not in page
