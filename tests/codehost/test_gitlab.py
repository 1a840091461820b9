"""GitLab, heard and told by the same services."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from compliance.models import CodeHost, Evaluation, PullRequest, StatusUpdate, Violation
from tests import factories
from tests.codehost.payloads import HEAD, NEXT_HEAD, SECRET, merge_request
from tests.codehost.servers import Answer, CodeHostServer
from tests.codehost.test_outbox import BLOCK, deliver, states, wait_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("told_gitlab")]
Judge = Callable[..., Evaluation]


def post(client: APIClient, body: dict[str, Any], *, token: str = SECRET, **meta: Any) -> Any:
    headers = {"HTTP_X_GITLAB_EVENT": "Merge Request Hook", "HTTP_X_GITLAB_TOKEN": token, **meta}
    content = json.dumps(body).encode()
    return client.generic("POST", "/api/webhooks/gitlab", content, content_type="application/json", **headers)  # type: ignore[arg-type]


def seen(**later: int) -> str:
    """A time as older GitLabs write it."""
    return (timezone.now() + timedelta(**later)).strftime("%Y-%m-%d %H:%M:%S UTC")


def report(**fields: Any) -> dict[str, Any]:
    return factories.report(**{"pr_number": 7, "commit_sha": HEAD, **fields})


def test_a_merge_request_is_followed_from_opening_to_merging(hook: APIClient, judge: Judge) -> None:
    post(hook, merge_request("open", "opened", updated_at=seen(minutes=-9)))
    pull = PullRequest.objects.get()
    assert (pull.author, pull.head_sha, pull.verdict, pull.override_markers) == ("kim", HEAD, "PENDING", ["layer-sync"])
    judge(report(deny=[BLOCK]))
    post(hook, merge_request("merge", "merged", updated_at=seen()))
    pull.refresh_from_db()
    assert (pull.state, Violation.objects.get().resolution) == ("merged", "MERGED")


def test_a_push_to_a_merge_request_is_pending(hook: APIClient, judge: Judge) -> None:
    post(hook, merge_request("open", "opened", updated_at=seen(minutes=-9)))
    judge(report())
    pushed = merge_request("update", "opened", updated_at=seen(), last_commit={"id": NEXT_HEAD}, oldrev=HEAD)
    assert post(hook, pushed).json() == {"status": "applied"}
    pull = PullRequest.objects.get()
    assert (pull.verdict, pull.head_sha, pull.author) == ("PENDING", NEXT_HEAD, "kim")


@pytest.mark.parametrize("token", ["", "another", SECRET[:-1], SECRET + " "])
def test_another_token_opens_nothing(hook: APIClient, token: str) -> None:
    assert post(hook, merge_request("open", "opened", updated_at=seen()), token=token).status_code == 401
    assert not PullRequest.objects.exists()


def test_the_same_webhook_counts_once(hook: APIClient) -> None:
    body = merge_request("open", "opened", updated_at=seen())
    key = {"HTTP_IDEMPOTENCY_KEY": "f4a1"}
    assert [post(hook, body, **key).json()["status"] for _ in range(2)] == ["applied", "duplicate"]


def test_other_hooks_are_ignored(hook: APIClient) -> None:
    answer = post(hook, {"object_kind": "push"}, HTTP_X_GITLAB_EVENT="Push Hook")
    assert answer.json() == {"status": "ignored"}


def test_githubs_address_does_not_take_gitlabs_secret(hook: APIClient) -> None:
    answer = hook.post("/api/webhooks/github", {}, HTTP_X_GITLAB_TOKEN=SECRET)
    assert answer.status_code == 401


def test_verdicts_become_statuses_in_gitlabs_words(
    hook: APIClient, judge: Judge, gitlab_server: CodeHostServer
) -> None:
    post(hook, merge_request("open", "opened", updated_at=seen(minutes=-9)))
    deliver()
    judge(report(deny=[BLOCK]))
    deliver()
    judge(report())
    deliver()
    assert states(gitlab_server) == ["pending", "failed", "success"]
    assert {status["name"] for status in gitlab_server.statuses} == {"forge/compliance"}


def test_a_note_is_kept_up_to_date(judge: Judge, gitlab_server: CodeHostServer) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    judge(report())
    deliver()
    (note,) = gitlab_server.comments.values()
    assert "Pass" in note["body"]


def test_a_state_that_it_is_in_already_is_no_error(hook: APIClient, gitlab_server: CodeHostServer) -> None:
    post(hook, merge_request("open", "opened", updated_at=seen(minutes=-9)))
    deliver()
    StatusUpdate.objects.update(status="queued", sent="", run_after=timezone.now())
    deliver()
    assert set(StatusUpdate.objects.values_list("status", "error")) == {("done", "")}


def test_a_limit_is_waited_out(judge: Judge, gitlab_server: CodeHostServer, told_gitlab: CodeHost) -> None:
    judge(report(pr_number=None))
    reset = str(int((timezone.now() + timedelta(minutes=5)).timestamp()))
    gitlab_server.next = [
        Answer(429, {"message": "Retry later"}, {"RateLimit-Remaining": "0", "RateLimit-Reset": reset})
    ]
    deliver()
    told_gitlab.refresh_from_db()
    assert told_gitlab.paused_until is not None
    assert told_gitlab.paused_until > timezone.now() + timedelta(minutes=4)
    wait_over()
    deliver()
    assert states(gitlab_server) == ["success"]


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (Answer(401, {"message": "401 Unauthorized"}), "failed"),
        (Answer(404, {"message": "404 Project Not Found"}), "failed"),
        (Answer(302, {}, {"Location": "http://127.0.0.1:1/"}), "failed"),
        (Answer(200, b"<html>", {"Content-Type": "text/html"}), "failed"),
        (Answer(500, {"message": "Oops"}), "queued"),
        (Answer(0, drops=True), "queued"),
    ],
)
def test_what_helps_to_try_again_is_tried_again(
    judge: Judge, gitlab_server: CodeHostServer, trouble: Answer, status: str
) -> None:
    judge(report(pr_number=None))
    gitlab_server.next = [trouble]
    deliver()
    assert StatusUpdate.objects.get().status == status
    assert len(gitlab_server.asked) == 1
