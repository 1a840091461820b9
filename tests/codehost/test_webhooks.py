"""What GitHub says of pull requests is taken once, in its order, from nobody else."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from compliance.models import CodeHost, Evaluation, PullRequest, Repository, Violation, WebhookDelivery
from tenants.models import Tenant
from tests.codehost.payloads import HEAD, NEXT_HEAD, SECRET, pull_request, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("github")]
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]
BLOCK = "HARD STOP [Security/R01]: a query without its tenant in apps/a.ts"


def now(**later: int) -> str:
    """A time as GitHub writes it."""
    return (datetime.now(UTC) + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pull() -> PullRequest:
    return PullRequest.objects.select_related("repository").get()


def everything() -> list[Any]:
    """All that a webhook may change."""
    pulls = PullRequest.objects.order_by("pk").values()
    return [*pulls, *Repository.objects.values(), *Violation.objects.values(), WebhookDelivery.objects.count()]


def test_an_opened_pull_request_is_known_and_pending(hook: APIClient) -> None:
    response = send(hook, "pull_request", pull_request("opened", at=now()))
    assert (response.status_code, response.json()) == (200, {"status": "applied"})
    known = pull()
    assert (known.repository.name, known.number, known.title, known.author) == ("acme/shop", 7, "Add basket", "kim")
    assert (known.branch, known.base_branch, known.head_sha) == ("feat/basket", "main", HEAD)
    assert (known.url, known.verdict) == ("https://github.example.com/acme/shop/pull/7", "PENDING")
    assert known.override_markers == ["layer-sync"]
    assert known.repository.default_branch == "trunk"


def test_a_new_head_is_pending_until_it_is_judged(hook: APIClient, judge: Judge, report: Report) -> None:
    send(hook, "pull_request", pull_request("opened", at=now(minutes=-9)))
    judge(report(pr_number=7, commit_sha=HEAD))
    assert pull().verdict == "PASS"
    send(hook, "pull_request", pull_request("synchronize", at=now(minutes=-5), sha=NEXT_HEAD, before=HEAD))
    assert (pull().verdict, pull().head_sha) == ("PENDING", NEXT_HEAD)
    judge(report(pr_number=7, commit_sha=NEXT_HEAD))
    assert pull().verdict == "PASS"


def test_a_report_of_the_head_before_changes_nothing(hook: APIClient, judge: Judge, report: Report) -> None:
    send(hook, "pull_request", pull_request("opened", at=now(minutes=-9)))
    send(hook, "pull_request", pull_request("synchronize", at=now(minutes=-5), sha=NEXT_HEAD, before=HEAD))
    assert judge(report(pr_number=7, commit_sha=HEAD)).superseded == "commit"
    assert (pull().verdict, pull().head_sha) == ("PENDING", NEXT_HEAD)


def test_a_push_back_to_an_older_commit_waits_for_its_report(hook: APIClient, judge: Judge, report: Report) -> None:
    send(hook, "pull_request", pull_request("opened", at=now(minutes=-9)))
    judge(report(pr_number=7, commit_sha=HEAD))
    send(hook, "pull_request", pull_request("synchronize", at=now(minutes=-8), sha=NEXT_HEAD))
    judge(report(pr_number=7, commit_sha=NEXT_HEAD, deny=[BLOCK]))
    send(hook, "pull_request", pull_request("synchronize", at=now(minutes=-7), sha=HEAD))
    assert (pull().verdict, pull().head_sha) == ("PENDING", HEAD)
    judge(report(pr_number=7, commit_sha=HEAD))
    assert pull().verdict == "PASS"


def test_a_report_that_is_ahead_of_its_webhook_stays_the_head(hook: APIClient, judge: Judge, report: Report) -> None:
    send(hook, "pull_request", pull_request("opened", at=now(minutes=-9)))
    judge(report(pr_number=7, commit_sha="e" * 40))
    send(hook, "pull_request", pull_request("synchronize", at=now(minutes=-5), sha=NEXT_HEAD, before=HEAD))
    assert (pull().verdict, pull().head_sha) == ("PASS", "e" * 40)
    send(hook, "pull_request", pull_request("synchronize", at=now(minutes=1), sha="e" * 40, before=NEXT_HEAD))
    assert (pull().verdict, pull().head_sha) == ("PASS", "e" * 40)


@pytest.mark.parametrize(("merged", "state", "resolution"), [(False, "closed", "CLOSED"), (True, "merged", "MERGED")])
def test_closing_and_merging_resolve_what_lives(
    hook: APIClient, judge: Judge, report: Report, merged: bool, state: str, resolution: str
) -> None:
    judge(report(pr_number=7, commit_sha=HEAD, deny=[BLOCK]))
    send(hook, "pull_request", pull_request("closed", at=now(), merged=merged))
    assert (pull().state, Violation.objects.get().resolution) == (state, resolution)
    assert Violation.objects.get().resolved_by == "GitHub webhook"


def test_reopening_brings_back_what_closing_resolved(hook: APIClient, judge: Judge, report: Report) -> None:
    judge(report(pr_number=7, commit_sha=HEAD, deny=[BLOCK]))
    send(hook, "pull_request", pull_request("closed", at=now()))
    send(hook, "pull_request", pull_request("reopened", at=now(seconds=2)))
    assert (pull().state, pull().verdict, Violation.objects.get().status) == ("open", "BLOCKED", "OPEN")


def test_reopening_on_a_new_commit_is_pending(hook: APIClient, judge: Judge, report: Report) -> None:
    judge(report(pr_number=7, commit_sha=HEAD, deny=[BLOCK]))
    send(hook, "pull_request", pull_request("closed", at=now()))
    send(hook, "pull_request", pull_request("reopened", at=now(seconds=2), sha=NEXT_HEAD))
    assert (pull().state, pull().verdict, pull().head_sha) == ("open", "PENDING", NEXT_HEAD)


def test_an_edit_changes_what_is_said_and_nothing_else(hook: APIClient, judge: Judge, report: Report) -> None:
    send(hook, "pull_request", pull_request("opened", at=now(minutes=-9)))
    judge(report(pr_number=7, commit_sha=HEAD))
    send(hook, "pull_request", pull_request("edited", at=now(), title="Add two", body=None))
    assert (pull().title, pull().description, pull().override_markers) == ("Add two", "", [])
    assert (pull().verdict, pull().head_sha) == ("PASS", HEAD)


def test_an_older_run_does_not_take_an_edit_back(hook: APIClient, judge: Judge, report: Report) -> None:
    send(hook, "pull_request", pull_request("edited", at=now(), title="Newer"))
    judge(report(pr_number=7, commit_sha=HEAD, title="Older", run_started_at=now(minutes=-5)))
    assert pull().title == "Newer"


def test_an_event_that_is_older_than_what_is_known_changes_nothing(hook: APIClient) -> None:
    send(hook, "pull_request", pull_request("opened", at=now(minutes=-9)))
    send(hook, "pull_request", pull_request("synchronize", at=now(minutes=-5), sha=NEXT_HEAD, before=HEAD))
    before = everything()[:-1]
    for action in ("edited", "closed", "synchronize", "opened"):
        late = send(
            hook, "pull_request", pull_request(action, at=now(minutes=-8), title="Late", merged=action == "closed")
        )
        assert late.json() == {"status": "ignored"}
    assert everything()[:-1] == before


def test_of_two_pushes_of_one_second_the_first_does_not_win_by_coming_last(hook: APIClient) -> None:
    at = now()
    send(hook, "pull_request", pull_request("opened", at=at))
    send(hook, "pull_request", pull_request("synchronize", at=at, sha=NEXT_HEAD, before=HEAD))
    assert send(hook, "pull_request", pull_request("opened", at=at, title="Late")).json() == {"status": "ignored"}
    assert pull().head_sha == NEXT_HEAD


def test_a_delivery_counts_once(hook: APIClient) -> None:
    body = pull_request("opened", at=now())
    send(hook, "pull_request", body, delivery="one")
    other = pull_request("edited", at=now(seconds=5), title="Other")
    assert send(hook, "pull_request", other, delivery="one").json() == {"status": "duplicate"}
    assert pull().title == "Add basket"


def test_a_body_counts_once_under_whatever_id(hook: APIClient) -> None:
    body = pull_request("opened", at=now())
    answers = [send(hook, "pull_request", body, delivery=name).json()["status"] for name in ("one", "two")]
    assert answers == ["applied", "duplicate"]


def test_what_is_older_than_we_remember_is_not_taken(hook: APIClient) -> None:
    assert send(hook, "pull_request", pull_request("opened", at=now(days=-31))).json() == {"status": "ignored"}
    assert not PullRequest.objects.exists()


def test_deliveries_are_forgotten_in_time(hook: APIClient) -> None:
    send(hook, "pull_request", pull_request("opened", at=now()))
    WebhookDelivery.objects.update(received_at=timezone.now() - timedelta(days=61))
    send(hook, "pull_request", pull_request("edited", at=now(seconds=1)))
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.parametrize(
    "meta",
    [
        {"secret": "another secret"},
        {"secret": ""},
        {"HTTP_X_HUB_SIGNATURE_256": None},
        {"HTTP_X_HUB_SIGNATURE_256": ""},
        {"HTTP_X_HUB_SIGNATURE_256": "sha256="},
        {"HTTP_X_HUB_SIGNATURE_256": "sha256=" + "0" * 64},
        {"HTTP_X_HUB_SIGNATURE_256": "sha256=é"},
    ],
)
def test_what_is_not_signed_changes_nothing(hook: APIClient, meta: dict[str, Any]) -> None:
    before = everything()
    response = send(hook, "pull_request", pull_request("opened", at=now()), **meta)
    assert (response.status_code, response.json()["code"]) == (401, "not_signed")
    assert everything() == before


def test_a_body_that_was_changed_on_its_way_changes_nothing(hook: APIClient) -> None:
    before = everything()
    signed = send(hook, "ping", b'{"zen": "a"}').wsgi_request.META["HTTP_X_HUB_SIGNATURE_256"]
    changed = send(hook, "pull_request", pull_request("opened", at=now()), HTTP_X_HUB_SIGNATURE_256=signed)
    assert changed.status_code == 401
    assert everything() == before


def test_another_tenants_secret_opens_nothing(
    hook: APIClient, globex: Tenant, client_for: Callable[..., APIClient]
) -> None:
    with tenant_context(globex):
        CodeHost.objects.create(
            kind="github", name="GitHub", base_url="https://api.github.com", webhook_secret="globex's secret"
        )
    body = pull_request("opened", at=now())
    assert send(hook, "pull_request", body, secret="globex's secret").status_code == 401
    assert send(client_for(globex), "pull_request", body, secret=SECRET).status_code == 401
    assert send(client_for(globex), "pull_request", body, secret="globex's secret").status_code == 200
    assert not PullRequest.objects.exists()
    with tenant_context(globex):
        assert PullRequest.objects.count() == 1


@pytest.mark.parametrize("switched", [{"enabled": False}, {"webhook_secret": ""}, {"kind": "gitlab"}])
def test_a_host_that_is_off_or_has_no_secret_is_not_heard(hook: APIClient, switched: dict[str, Any]) -> None:
    CodeHost.objects.update(**switched)
    for secret in (SECRET, ""):
        assert send(hook, "pull_request", pull_request("opened", at=now()), secret=secret).status_code == 401


def test_ten_megabytes_of_noise_change_nothing_and_take_no_time(hook: APIClient) -> None:
    before, noise = everything(), os.urandom(10 * 1024 * 1024)
    signature = "sha256=" + "0" * 64
    began = time.monotonic()
    response = send(hook, "pull_request", noise, HTTP_X_HUB_SIGNATURE_256=signature)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert time.monotonic() - began < 1
    assert everything() == before


@pytest.mark.parametrize("missing", ["HTTP_X_GITHUB_EVENT", "HTTP_X_GITHUB_DELIVERY"])
def test_the_headers_are_needed(hook: APIClient, missing: str) -> None:
    response = send(hook, "pull_request", pull_request("opened", at=now()), **cast(Any, {missing: None}))
    assert (response.status_code, len(response.json()["errors"])) == (422, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"not json", 400), (b"[]", 422), (b"{}", 200), (b'{"action": 1}', 422), (b'{"action": "opened"}', 422)],
)
def test_nonsense_is_refused_by_name(hook: APIClient, body: bytes, status: int) -> None:
    assert send(hook, "pull_request", body).status_code == status
    assert not PullRequest.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"number": 0}, {"number": "7"}, {"head": None}, {"sha": 7}, {"at": "yesterday"}, {"title": ["x"]}]
)
def test_a_pull_request_that_is_none_is_refused(hook: APIClient, wrong: dict[str, Any]) -> None:
    assert send(hook, "pull_request", pull_request("opened", **{"at": now(), **wrong})).status_code == 422
    assert not PullRequest.objects.exists()


def test_texts_of_any_kind_are_taken(hook: APIClient) -> None:
    body = pull_request(
        "opened", at=now(), title="\0 ¿ 🧺" + "x" * 5000, body="\0" * 9, user=None, html_url="javascript:1"
    )
    assert send(hook, "pull_request", body).json() == {"status": "applied"}
    assert (len(pull().title), pull().author, pull().url) == (1000, "", "")


def test_ping_is_answered_and_other_events_are_ignored(hook: APIClient) -> None:
    assert send(hook, "ping", {"zen": "Keep it logically awesome."}).json() == {"status": "pong"}
    assert send(hook, "push", {"ref": "refs/heads/main"}).json() == {"status": "ignored"}
    assert send(hook, "pull_request", pull_request("labeled", at=now())).json() == {"status": "ignored"}


def test_closing_what_nobody_has_heard_of_makes_nothing(hook: APIClient) -> None:
    assert send(hook, "pull_request", pull_request("closed", at=now())).json() == {"status": "ignored"}
    assert not PullRequest.objects.exists()


def test_new_repositories_can_be_switched_off(hook: APIClient) -> None:
    CodeHost.objects.update(creates_repositories=False)
    assert send(hook, "pull_request", pull_request("opened", at=now())).json() == {"status": "ignored"}
    Repository.objects.create(name="acme/shop")
    assert send(hook, "pull_request", pull_request("edited", at=now())).json() == {"status": "applied"}


def test_another_hosts_repository_of_the_same_name_is_left_alone(hook: APIClient) -> None:
    other = CodeHost.objects.create(kind="github", name="Other", base_url="https://ghe.example.com/api/v3")
    Repository.objects.create(name="acme/shop", host=other)
    assert send(hook, "pull_request", pull_request("opened", at=now())).json() == {"status": "ignored"}


def test_what_is_merged_stays_merged(hook: APIClient, judge: Judge, report: Report) -> None:
    judge(report(pr_number=7, commit_sha=HEAD))
    send(hook, "pull_request", pull_request("closed", at=now(), merged=True))
    send(hook, "pull_request", pull_request("synchronize", at=now(seconds=3), sha=NEXT_HEAD))
    assert (pull().state, pull().head_sha) == ("merged", HEAD)
