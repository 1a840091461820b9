"""Code hosts in the admin: configured by tenant admins, whose secrets go in and never come out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEntry
from compliance.models import CodeHost, Evaluation, PullRequest, Repository, StatusUpdate
from compliance.services.codehosts import add_code_host, edit_code_host, try_connection
from core.encryption import MASK
from core.errors import Forbidden, Invalid
from tests import factories
from tests.admin.pages import filled_in, list_of, page_of, text_of
from tests.codehost.payloads import HEAD, SECRET
from tests.codehost.servers import TOKEN, Answer, CodeHostServer
from tests.codehost.test_outbox import deliver, states

pytestmark = pytest.mark.django_db
ADD = reverse("admin:compliance_codehost_add")
WANTED = {
    "kind": "github",
    "name": "GitHub",
    "base_url": "https://api.github.com",
    "token": TOKEN,
    "webhook_secret": SECRET,
    "enabled": "on",
    "creates_repositories": "on",
}


@pytest.fixture
def browser(browser_for: Callable[..., Client], tenant_admin: User) -> Client:
    """A tenant admin's browser."""
    return browser_for(tenant_admin)


def try_page(host: CodeHost) -> str:
    """Where the page's button posts to."""
    return reverse("admin:compliance_codehost_try", args=[host.pk])


def test_a_code_host_is_configured(browser: Client) -> None:
    assert browser.post(ADD, WANTED).status_code == 302
    host = CodeHost.objects.get()
    assert (host.name, host.token.reveal(), host.webhook_secret.reveal()) == ("GitHub", TOKEN, SECRET)


def test_secrets_never_come_out(browser: Client, told: CodeHost) -> None:
    pages = [page_of(told), list_of("compliance_codehost")]
    for page in pages:
        content = browser.get(page).content.decode()
        assert TOKEN not in content
        assert SECRET not in content
        assert MASK not in content
        assert str(told.token.sealed()) not in content


def test_secrets_that_are_left_empty_stay(browser: Client, told: CodeHost) -> None:
    form = filled_in(browser.get(page_of(told)))
    browser.post(page_of(told), {**form, "token": "", "webhook_secret": "", "name": "GHE"})
    host = CodeHost.objects.get()
    assert (host.name, host.token.reveal(), host.webhook_secret.reveal()) == ("GHE", TOKEN, SECRET)


def test_a_new_secret_takes_the_place_of_the_old_one(browser: Client, told: CodeHost) -> None:
    form = filled_in(browser.get(page_of(told)))
    browser.post(page_of(told), {**form, "token": "another", "webhook_secret": ""})
    assert CodeHost.objects.get().token.reveal() == "another"


def test_a_token_does_not_follow_to_another_address(browser: Client, told: CodeHost) -> None:
    form = filled_in(browser.get(page_of(told)))
    moved = {**form, "base_url": "https://elsewhere.example.com/api/v3", "token": "", "webhook_secret": ""}
    response = browser.post(page_of(told), moved)
    assert "Enter the token again" in text_of(response)
    assert CodeHost.objects.get().base_url == told.base_url
    browser.post(page_of(told), {**moved, "token": "its own"})
    assert CodeHost.objects.get().base_url == "https://elsewhere.example.com/api/v3"


def test_the_audit_log_knows_that_and_not_what(browser: Client) -> None:
    browser.post(ADD, WANTED)
    host = CodeHost.objects.get()
    browser.post(page_of(host), {**WANTED, "token": "another", "webhook_secret": "", "name": "GHE"})
    about_it = AuditEntry.objects.filter(resource_type="codehost").order_by("sequence")
    entries = list(about_it.values("action", "before", "after"))
    assert [entry["action"] for entry in entries] == ["code_host.added", "code_host.edited"]
    assert entries[1]["after"] == {"name": "GHE", "token": "(hidden)"}
    assert not any(secret in str(entries) for secret in (TOKEN, SECRET, "another"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "ftp://api.github.com"),
        ("base_url", "https://token@api.github.com"),
        ("base_url", "https://api.github.com?x=1"),
        ("base_url", "javascript:1"),
        ("base_url", ""),
        ("webhook_secret", "short"),
        ("token", "line\nbreak\x7f"),
        ("name", ""),
        ("kind", "bitbucket"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(browser: Client, field: str, value: str) -> None:
    response = browser.post(ADD, {**WANTED, field: value})
    assert (response.status_code, list(response.context["errors"]) != []) == (200, True)
    assert not CodeHost.objects.exists()


def test_plain_http_is_for_networks_of_ones_own(tenant_admin: User, settings: Any) -> None:
    values = {"name": "GitHub", "base_url": "http://github.example.com/api/v3"}
    settings.OUTGOING_ALLOWED_NETWORKS = []
    with pytest.raises(Invalid):
        add_code_host(kind="github", values=values, by=tenant_admin, at=timezone.now())
    settings.OUTGOING_ALLOWED_NETWORKS = ["10.0.0.0/8"]
    assert add_code_host(kind="github", values=values, by=tenant_admin, at=timezone.now()).pk


def test_a_connection_can_be_tried(browser: Client, told: CodeHost, github_server: CodeHostServer) -> None:
    assert "GitHub lets us in as forge-bot." in text_of(browser.post(try_page(told), follow=True))
    github_server.next = [Answer(401, {"message": "Bad credentials"})]
    assert "does not let us in: 401: Bad credentials" in text_of(browser.post(try_page(told), follow=True))


def test_a_connection_is_not_tried_by_a_link(browser: Client, told: CodeHost, github_server: CodeHostServer) -> None:
    assert browser.get(try_page(told)).status_code == 405
    assert github_server.asked == []


def test_a_compliance_admin_reads_and_a_viewer_does_not(
    browser_for: Callable[..., Client], told: CodeHost, compliance_admin: User, viewer: User
) -> None:
    reader = browser_for(compliance_admin)
    assert reader.get(page_of(told)).status_code == 200
    assert [reader.post(page, WANTED).status_code for page in (page_of(told), ADD, try_page(told))] == [403] * 3
    stranger = browser_for(viewer)
    assert [stranger.get(page).status_code for page in (page_of(told), list_of("compliance_codehost"))] == [403] * 2


def test_the_services_ask_as_well(told: CodeHost, compliance_admin: User) -> None:
    with pytest.raises(Forbidden):
        add_code_host(kind="github", values={}, by=compliance_admin, at=timezone.now())
    with pytest.raises(Forbidden):
        edit_code_host(told.pk, changes={"enabled": False}, by=compliance_admin, at=timezone.now())
    with pytest.raises(Forbidden):
        try_connection(told, by=compliance_admin)


def test_what_a_host_refused_is_shown_and_sent_again(
    browser: Client, told: CodeHost, judge: Callable[..., Evaluation], github_server: CodeHostServer
) -> None:
    judge(factories.report(pr_number=7, commit_sha=HEAD))
    github_server.next = [Answer(404, {"message": "Not Found"})] * 2
    deliver()
    page = browser.get(list_of("compliance_statusupdate"))
    assert text_of(page).count("404: Not Found") == 2
    keys = list(StatusUpdate.objects.values_list("pk", flat=True))
    browser.post(list_of("compliance_statusupdate"), {"action": "send_again", "_selected_action": keys})
    deliver()
    assert states(github_server) == ["success"]
    assert browser.get(page_of(StatusUpdate.objects.get(kind="status"))).status_code == 200


def test_a_repository_is_told_what_to_tell(
    browser_for: Callable[..., Client], told: CodeHost, compliance_admin: User
) -> None:
    repository, browser = Repository.objects.create(name="acme/shop"), browser_for(compliance_admin)
    form = filled_in(browser.get(page_of(repository)))
    form.pop("sends_comment")
    browser.post(page_of(repository), {**form, "host": told.pk, "trusted_policies": "a1\n b2 \n"})
    repository.refresh_from_db()
    assert (repository.host, repository.sends_status, repository.sends_comment) == (told, True, False)
    assert repository.trusted_policies == ["a1", "b2"]
    assert AuditEntry.objects.get(resource_type="repository").after == {
        "host": "GitHub",
        "sends_comment": False,
        "trusted_policies": ["a1", "b2"],
    }


def test_markers_and_the_reward_score_stand_on_the_pull_requests_page(
    browser: Client, judge: Callable[..., Evaluation]
) -> None:
    judge(factories.report(description="@override:tenant-isolation @override:unheard-of", reward_score=12.5))
    text = text_of(browser.get(page_of(PullRequest.objects.get())))
    assert "@override:tenant-isolation R01" in text
    assert "@override:unheard-of no rule knows it" in text
    assert "12.5" in text
