"""Code hosts are told every change of a verdict, the newest last, and nothing twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from compliance.inbox import process_next
from compliance.models import CodeHost, Evaluation, PullRequest, Repository, StatusUpdate, Submission, Violation
from compliance.outbox import deliver_next
from compliance.services.covering import Cover, cover, lock_pull
from compliance.services.judging import rejudge
from compliance.services.pulls import set_state
from core.claims import ClaimLost
from tenants.models import Tenant
from tests import factories
from tests.codehost.payloads import HEAD, NEXT_HEAD, merge_group, pull_request, send
from tests.codehost.servers import Answer, CodeHostServer
from tests.codehost.test_webhooks import now

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("told")]
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]
BLOCK = "HARD STOP [Security/R01]: a query of `users` by @kim without its tenant in apps/a.ts"


@pytest.fixture
def report() -> Report:
    """A report on pull request 7's head."""
    return lambda **fields: factories.report(**{"pr_number": 7, "commit_sha": HEAD, **fields})


def deliver() -> int:
    """Send what waits; returns how many messages that were."""
    sent = 0
    while deliver_next():
        sent += 1
    return sent


def states(server: CodeHostServer) -> list[str]:
    return [status["state"] for status in server.statuses]


def wait_over() -> None:
    """As if all waits were over."""
    past = timezone.now() - timedelta(seconds=1)
    StatusUpdate.objects.update(run_after=past)
    CodeHost.objects.filter(paused_until__isnull=False).update(paused_until=past)


def claim(lease: timedelta) -> StatusUpdate:
    """Take the commit's status as a worker does."""
    claimed = StatusUpdate.objects.filter(kind="status").claim_next(at=timezone.now(), lease=lease)
    assert isinstance(claimed, StatusUpdate)
    return claimed


def statuses() -> StatusUpdate:
    found: StatusUpdate = StatusUpdate.objects.get(kind="status")
    return found


def test_a_verdict_becomes_a_commit_status(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    (status,) = github_server.statuses
    page = f"https://acme.localhost/admin/compliance/pullrequest/{PullRequest.objects.get().pk}/change/"
    assert status == {
        "sha": HEAD,
        "state": "failure",
        "context": "forge/compliance",
        "description": "Blocked: score 90, 70 needed; 1 BLOCK",
        "target_url": page,
    }


def test_a_verdict_becomes_one_comment_that_is_kept_up_to_date(
    judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    (comment,) = github_server.comments.values()
    assert "Blocked" in comment["body"]
    assert (
        "`` HARD STOP [Security/R01]: a query of `users` by @kim without its tenant in apps/a.ts ``" in comment["body"]
    )
    judge(report())
    deliver()
    (comment,) = github_server.comments.values()
    assert "Pass" in comment["body"]
    assert "HARD STOP" not in comment["body"]


def test_a_comment_that_was_deleted_is_written_again(
    judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    github_server.comments.clear()
    judge(report())
    deliver()
    assert len(github_server.comments) == 1


def test_a_comment_whose_writer_died_is_found_again(
    judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    PullRequest.objects.update(comment_id="")
    past = timezone.now() - timedelta(seconds=1)
    StatusUpdate.objects.filter(kind="comment").update(status="processing", attempts=1, sent="", claimed_until=past)
    deliver()
    assert len(github_server.comments) == 1


def test_only_the_newest_of_many_changes_is_sent(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report(deny=[BLOCK]))
    judge(report())
    judge(report(deny=[BLOCK]))
    assert (deliver(), states(github_server)) == (2, ["failure"])


def test_what_is_known_already_is_not_sent_again(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report())
    deliver()
    asked = len(github_server.asked)
    judge(report())
    assert deliver() == 2
    assert len(github_server.asked) == asked


def test_a_change_while_it_is_sent_is_sent_afterwards(
    judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report(deny=[BLOCK]))
    update = claim(timedelta(minutes=1))
    judge(report())
    assert statuses().status == "processing"
    update.finish(at=timezone.now())
    assert statuses().status == "queued"
    deliver()
    assert states(github_server) == ["success"]


def test_a_worker_that_was_taken_over_from_settles_nothing(judge: Judge, report: Report) -> None:
    judge(report())
    dead, alive = claim(timedelta(seconds=-1)), claim(timedelta(minutes=1))
    with pytest.raises(ClaimLost):
        dead.finish(at=timezone.now())
    alive.finish(at=timezone.now())
    assert statuses().status == "done"


def test_a_new_head_is_pending_at_once(
    hook: APIClient, judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    send(hook, "pull_request", pull_request("opened", at=now(minutes=-5)))
    judge(report())
    deliver()
    send(hook, "pull_request", pull_request("synchronize", at=now(), sha=NEXT_HEAD, before=HEAD))
    deliver()
    assert [(status["sha"], status["state"]) for status in github_server.statuses] == [
        (HEAD, "success"),
        (NEXT_HEAD, "pending"),
    ]


def test_who_has_just_opened_a_pull_request_gets_no_comment(hook: APIClient, github_server: CodeHostServer) -> None:
    send(hook, "pull_request", pull_request("opened", at=now()))
    deliver()
    assert (states(github_server), github_server.comments) == (["pending"], {})


def test_a_reopened_pull_request_is_told_anew(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    pull = PullRequest.objects.get()
    for state in ("closed", "open"):
        set_state(pull.pk, state=state, by="kim", at=timezone.now())  # type: ignore[arg-type]
    judge(report())
    deliver()
    assert states(github_server) == ["failure", "success"]


def test_judging_anew_tells_what_has_changed(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    rejudge(PullRequest.objects.get().pk, at=timezone.now())
    assert deliver() == 0


def test_an_approved_override_is_told(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report(deny=[BLOCK]))
    deliver()
    violation = Violation.objects.get()
    pull, until = lock_pull(violation.pull_request_id), timezone.now() + timedelta(days=1)
    cover(pull, [Cover(violation.pk, until, "BLOCK", "Known.", "lee")], at=timezone.now())
    deliver()
    assert states(github_server) == ["failure", "success"]
    assert github_server.statuses[-1]["description"].startswith("Override approved: score 90")


def test_a_report_that_failed_fails_its_commit(
    submit: Callable[..., Submission], report: Report, github_server: CodeHostServer
) -> None:
    factories.judge(report())
    submit(report(commit_sha=NEXT_HEAD))
    Submission.objects.filter(status="queued").update(payload=b"not zlib", attempts=2)
    process_next()
    deliver()
    assert {status["sha"]: status["state"] for status in github_server.statuses} == {
        HEAD: "failure",
        NEXT_HEAD: "failure",
    }
    assert github_server.statuses[-1]["description"].startswith("The report of opa, run")


def test_a_merge_queue_is_told_the_verdict_of_its_pull_request(
    hook: APIClient, judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report())
    deliver()
    assert send(hook, "merge_group", merge_group("checks_requested")).json() == {"status": "applied"}
    deliver()
    assert github_server.statuses[-1]["sha"] == "c" * 40
    assert github_server.statuses[-1]["state"] == "success"


def test_a_merge_queue_hears_of_a_later_verdict_and_of_none_once_it_is_gone(
    hook: APIClient, judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    send(hook, "merge_group", merge_group("checks_requested"))
    deliver()
    judge(report(deny=[BLOCK]))
    deliver()
    group = [status["state"] for status in github_server.statuses if status["sha"] == "c" * 40]
    assert group == ["pending", "failure"]
    send(hook, "merge_group", merge_group("destroyed"))
    judge(report())
    deliver()
    assert [status["state"] for status in github_server.statuses if status["sha"] == "c" * 40] == group


def test_a_report_on_a_merge_queues_commit_leaves_the_head_alone(
    hook: APIClient, judge: Judge, report: Report, ci: APIClient
) -> None:
    judge(report())
    send(hook, "merge_group", merge_group("checks_requested"))
    late = judge(report(commit_sha="c" * 40))
    assert PullRequest.objects.get().head_sha == HEAD
    answer = ci.get(f"/api/compliance/reports/{late.submission_id}").json()
    assert (answer["verdict"], answer["can_merge"]) == ("PASS", True)


def test_a_commit_of_two_pull_requests_is_told_the_worse_verdict(
    judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report(pr_number=8, deny=[BLOCK]))
    judge(report(pr_number=7))
    deliver()
    assert states(github_server) == ["failure"]
    judge(report(pr_number=8))
    deliver()
    assert states(github_server) == ["failure", "success"]


@pytest.mark.parametrize(
    ("switch", "sent"), [("sends_status", ["comment"]), ("sends_comment", ["status"]), ("both", [])]
)
def test_each_repository_may_be_left_alone(judge: Judge, report: Report, switch: str, sent: list[str]) -> None:
    switches = ["sends_status", "sends_comment"] if switch == "both" else [switch]
    Repository.objects.create(name="acme/shop", **dict.fromkeys(switches, False))
    judge(report())
    assert list(StatusUpdate.objects.values_list("kind", flat=True)) == sent


def test_the_default_branch_has_a_status_and_no_comment(
    judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report(pr_number=None))
    deliver()
    assert (states(github_server), github_server.comments) == (["success"], {})


@pytest.mark.parametrize("switched", [{"enabled": False}, {"token": ""}])
def test_a_host_that_is_off_is_told_nothing(judge: Judge, report: Report, switched: dict[str, Any]) -> None:
    CodeHost.objects.update(**switched)
    judge(report())
    assert not StatusUpdate.objects.exists()


def test_of_two_hosts_the_one_is_told_that_the_repository_names(judge: Judge, report: Report) -> None:
    other = CodeHost.objects.create(kind="gitlab", name="Other", base_url="https://gitlab.com", token="x")
    judge(report())
    assert not StatusUpdate.objects.exists()
    Repository.objects.update(host=other)
    judge(report())
    assert {update.host for update in StatusUpdate.objects.all()} == {other}


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_what_somebody_has_to_mend_is_not_tried_again(
    judge: Judge, report: Report, github_server: CodeHostServer, status: int
) -> None:
    judge(report())
    github_server.next = [Answer(status, {"message": "Said so"})] * 2
    deliver()
    assert {(update.status, update.attempts, update.error) for update in StatusUpdate.objects.all()} == {
        ("failed", 1, f"{status}: Said so")
    }


def test_what_has_failed_is_tried_again_with_the_next_change(
    judge: Judge, report: Report, github_server: CodeHostServer
) -> None:
    judge(report())
    github_server.next = [Answer(404, {"message": "Not Found"})] * 2
    deliver()
    judge(report())
    deliver()
    assert states(github_server) == ["success"]
    assert statuses().error == ""


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(500, {"message": "Oops"}),
        Answer(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}),
        Answer(503),
        Answer(0, drops=True),
    ],
)
def test_trouble_of_the_host_is_waited_out(
    judge: Judge, report: Report, github_server: CodeHostServer, trouble: Answer
) -> None:
    judge(report())
    github_server.next = [trouble] * 4
    assert deliver() == 2
    assert {(update.status, update.attempts) for update in StatusUpdate.objects.all()} == {("queued", 1)}
    assert not StatusUpdate.objects.filter(run_after__lte=timezone.now() + timedelta(seconds=1)).exists()
    wait_over()
    deliver()
    wait_over()
    deliver()
    assert states(github_server) == ["success"]


def test_a_host_that_never_answers_is_given_up(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report(pr_number=None))
    github_server.next = [Answer(500)] * 8
    for _ in range(8):
        wait_over()
        deliver_next()
    assert (statuses().status, statuses().attempts) == ("failed", 8)


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        (Answer(429, {"message": "Too many"}, {"Retry-After": "90"}), 90),
        (Answer(403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "120"}), 120),
        (Answer(403, {"message": "You have exceeded a secondary rate limit."}), 60),
        (
            Answer(
                403,
                {"message": "API rate limit exceeded for user ID 1."},
                {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "in 20 minutes"},
            ),
            1200,
        ),
        (Answer(429, {"message": "x"}, {"Retry-After": "999999999"}), 7200),
        (Answer(429, {"message": "x"}, {"Retry-After": "soon"}), 60),
    ],
)
def test_a_limit_is_waited_out_by_all_messages_to_the_host(
    judge: Judge, report: Report, github_server: CodeHostServer, told: CodeHost, limit: Answer, seconds: int
) -> None:
    judge(report())
    began = timezone.now()
    reset = str(int((began + timedelta(minutes=20)).timestamp()))
    headers = {name: value.replace("in 20 minutes", reset) for name, value in limit.headers.items()}
    github_server.next = [limit._replace(headers=headers)]
    assert deliver() == 1
    assert len(github_server.asked) == 1
    told.refresh_from_db()
    assert told.paused_until is not None
    assert abs((told.paused_until - began).total_seconds() - seconds) < 60
    assert set(StatusUpdate.objects.values_list("attempts", flat=True)) == {0}
    wait_over()
    deliver()
    assert states(github_server) == ["success"]


@pytest.mark.parametrize(
    "detour",
    [
        Answer(301, {}, {"Location": "/api/v3/repositories/1/statuses/x"}),
        Answer(302, {}, {"Location": "http://127.0.0.1:1/"}),
        Answer(307, {}, {"Location": "/elsewhere"}),
    ],
)
def test_a_redirect_is_not_followed(
    judge: Judge, report: Report, github_server: CodeHostServer, detour: Answer
) -> None:
    judge(report(pr_number=None))
    github_server.next = [detour]
    deliver()
    assert (statuses().status, len(github_server.asked)) == ("failed", 1)
    assert "moved" in statuses().error


@pytest.mark.parametrize("commit", ["c0ffee", "..", "HEAD", "../../../user/repos"])
def test_what_is_no_commit_is_not_put_into_an_address(
    judge: Judge, report: Report, github_server: CodeHostServer, commit: str
) -> None:
    judge(report(pr_number=None, commit_sha="x" + commit))
    deliver()
    assert (statuses().status, github_server.asked) == ("failed", [])


def test_a_repository_name_leads_nowhere_else(judge: Judge, report: Report, github_server: CodeHostServer) -> None:
    judge(report(repository="acme/..", pr_number=None))
    deliver()
    assert (statuses().status, github_server.asked) == ("failed", [])


def test_a_host_in_our_own_network_is_not_spoken_to(
    judge: Judge, report: Report, github_server: CodeHostServer, settings: Any
) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []
    judge(report(pr_number=None))
    deliver()
    assert (statuses().status, github_server.asked) == ("failed", [])
    assert "not on the public internet" in statuses().error


def test_a_token_that_cannot_be_read_is_said(judge: Judge, report: Report, settings: Any) -> None:
    judge(report(pr_number=None))
    settings.FIELD_ENCRYPTION_KEYS = ["another key, another key, another key"]
    deliver()
    assert (statuses().status, "decrypted" in statuses().error) == ("failed", True)


def test_the_token_is_in_no_error(judge: Judge, report: Report, github_server: CodeHostServer, caplog: Any) -> None:
    CodeHost.objects.update(token="ghp_secret")
    judge(report())
    deliver()
    assert statuses().error == "401: Bad credentials"
    assert "ghp_secret" not in caplog.text


def test_another_tenants_messages_are_its_own(
    judge: Judge, report: Report, github_server: CodeHostServer, globex: Tenant
) -> None:
    judge(report())
    with tenant_context(globex):
        assert deliver() == 0
        factories.judge(report())
        assert not StatusUpdate.objects.exists()
    assert github_server.asked == []
