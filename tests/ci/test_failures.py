"""When something goes wrong between CI and the console: what is tried again, what is told, and with which exit code."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest

from tests.ci.consoles import BLOCKED, PASS, QUEUED, RECEIPT, Console, Said, break_off, hang_up
from tests.ci.running import TOKEN, Outcome

pytestmark = pytest.mark.long

Check = Callable[..., Outcome]


def problem(status: int, detail: str = "", **fields: list[str]) -> Said:
    body = {"status": status, "code": "some", "title": "Problem", "detail": detail, "errors": fields}
    return Said(status, body, {"Content-Type": "application/problem+json"})


@pytest.mark.parametrize(
    "failure", [problem(500), problem(502), problem(503), problem(429), Said(500, b"<h1>Oops"), hang_up, break_off]
)
def test_what_may_pass_is_tried_again(console: Console, check: Check, failure: Said) -> None:
    console.posts = [failure, RECEIPT]
    console.gets = [failure, Said(200, PASS)]
    assert check().code == 0
    assert [asked.method for asked in console.asked] == ["POST", "POST", "GET", "GET"]


@pytest.mark.parametrize("failure", [problem(500, "down"), hang_up, break_off])
def test_a_console_that_stays_away_is_2_or_let_through_as_said(console: Console, check: Check, failure: Said) -> None:
    console.posts = [failure]
    assert check("--retry", "1").code == 2
    outcome = check("--retry", "1", env={"FORGE_ON_ERROR": "pass"})
    assert outcome.code == 0
    assert "NOT CHECKED" in outcome.log


def test_a_console_that_goes_away_after_the_report_is_let_through_as_said(console: Console, check: Check) -> None:
    console.gets = [Said(200, QUEUED), problem(503)]
    assert check("--wait", "2").code == 2
    console.gets = [Said(200, QUEUED), problem(503)]
    assert check("--wait", "2", "--on-error", "pass").code == 0


def test_a_refused_connection_is_no_answer(check: Check) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://acme.localhost:{closed.getsockname()[1]}"
    outcome = check("--retry", "0", url=url)
    assert outcome.code == 2
    assert "The console cannot be reached: " in outcome.log
    assert "Connection refused" in outcome.log
    assert check("--retry", "0", "--on-error", "pass", url=url).code == 0


def test_a_silent_console_is_not_waited_for_without_end(console: Console, check: Check) -> None:
    done = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        done.wait(60)

    console.posts = [silent]
    try:
        outcome = check("--retry", "0", "--timeout", "0.2")
    finally:
        done.set()
    assert outcome.code == 2
    assert "The console cannot be reached: timed out" in outcome.log


def test_an_answer_that_does_not_end_is_left(console: Console, check: Check) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):  # the reporter hangs up
            while True:
                handler.wfile.write(b" " * 65536)
        handler.close_connection = True

    console.posts = [endless]
    outcome = check("--retry", "0")
    assert (outcome.code, "the answer does not end" in outcome.log) == (2, True)


def test_a_name_that_does_not_resolve_is_no_answer(check: Check) -> None:
    assert check("--retry", "0", url="http://no-such-host.invalid").code == 2


def test_retry_after_is_respected(console: Console, check: Check) -> None:
    console.posts = [Said(429, {}, {"Retry-After": "2"}), RECEIPT]
    assert "Trying again in 2 s" in check().log
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for wait in ("3600", later):
        console.posts = [Said(503, {}, {"Retry-After": wait})]
        outcome = check("--retry", "60")
        assert (outcome.code, "Trying again" in outcome.log) == (2, False)


def test_too_many_requests_are_an_answer(console: Console, check: Check) -> None:
    console.posts = [problem(429, "Request was throttled.")]
    outcome = check("--retry", "0", "--on-error", "pass")
    assert outcome.code == 2
    assert "429: Request was throttled." in outcome.log


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (problem(400, "Not JSON."), "400: Not JSON."),
        (problem(401, "Invalid token."), "Make a CI token"),
        (problem(403, "This token may not speak for acme/shop."), "This token may not speak for acme/shop."),
        (problem(404, "No tenant."), "Is FORGE_URL the address of your tenant"),
        (problem(409, "The run was reported before."), "--source"),
        (problem(411, "Send a Content-Length."), "411: Send a Content-Length."),
        (problem(413, "At most 10 MiB."), "413: At most 10 MiB."),
        (problem(422, "Not valid.", pr_number=["Too large."]), "pr_number: Too large."),
        (Said(418, b"<html>"), "418."),
        (Said(404, ["no", "problem"]), "404."),
    ],
)
def test_a_refusal_is_told_and_not_tried_again(console: Console, check: Check, answer: Said, said: str) -> None:
    console.posts = [answer]
    outcome = check("--on-error", "pass")
    assert (outcome.code, len(console.asked)) == (2, 1)
    assert said in outcome.log


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b"[]", b'"done"', b'{"id": 7}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_answer_of_a_console_cannot_be_told(console: Console, check: Check, body: bytes) -> None:
    console.posts = [Said(202, body)]
    outcome = check("--on-error", "pass")
    assert (outcome.code, len(console.asked)) == (2, 1)
    assert "no Forge Console" in outcome.log


@pytest.mark.parametrize(
    "body",
    [{"status": "done"}, {**PASS, "can_merge": "yes"}, {**PASS, "can_merge": 1}, {**PASS, "verdict": None}, {}, []],
)
def test_a_malformed_verdict_cannot_be_told(console: Console, check: Check, body: object) -> None:
    console.gets = [Said(200, body)]
    assert check("--wait", "0", "--on-error", "pass").code == 2


def test_redirects_are_told_and_the_token_stays(console: Console, check: Check) -> None:
    with Console().serving() as other:
        for status in (301, 302, 303, 307, 308):
            console.posts = [Said(status, b"", {"Location": f"http://127.0.0.1:{other.port}/elsewhere"})]
            outcome = check("--on-error", "pass")
            assert outcome.code == 2
            assert f"redirects to http://127.0.0.1:{other.port}/elsewhere" in outcome.log
        assert other.asked == []


def test_a_verdict_that_never_comes_cannot_be_told(console: Console, check: Check) -> None:
    console.gets = [Said(200, QUEUED)]
    outcome = check("--wait", "1", "--on-error", "pass")
    assert (outcome.code, len(console.asked) > 3) == (2, True)
    assert "There is no verdict after 1 s" in outcome.log


def test_a_verdict_is_waited_for(console: Console, check: Check) -> None:
    queued = {"code": "report_queued", "message": "2 reports are waiting to be judged."}
    pending = {**PASS, "verdict": "PENDING", "can_merge": False, "reasons": [queued]}
    console.gets = [
        Said(200, QUEUED),
        Said(200, {**QUEUED, "status": "processing"}),
        Said(200, pending),
        Said(200, PASS),
    ]
    assert check().code == 0


def test_a_report_that_cannot_be_judged_cannot_be_told(console: Console, check: Check) -> None:
    console.gets = [Said(200, {**QUEUED, "status": "failed", "error": "No known package."})]
    outcome = check()
    assert (outcome.code, "No known package." in outcome.log) == (2, True)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (PASS, 0),
        ({**PASS, "verdict": "OVERRIDE_APPROVED"}, 0),
        (BLOCKED, 1),
        ({**BLOCKED, "verdict": "INCOMPLETE"}, 1),
        ({**BLOCKED, "verdict": "BELOW_THRESHOLD"}, 1),
        ({**BLOCKED, "verdict": "A_LATER_VERSION"}, 1),
        ({**BLOCKED, "verdict": "PENDING", "reasons": [{"code": "report_failed"}]}, 2),
        ({**BLOCKED, "superseded": "commit"}, 2),
        ({**PASS, "can_merge": False}, 2),
        ({**PASS, "superseded": "run"}, 0),
        ({**BLOCKED, "reasons": None}, 1),
        ({**BLOCKED, "reasons": [None, {}, {"code": 1, "message": None, "line_number": "x"}]}, 1),
    ],
)
def test_the_exit_code_says_what_the_verdict_means(
    console: Console, check: Check, answer: dict[str, object], code: int
) -> None:
    console.gets = [Said(200, answer)]
    assert check().code == code


@pytest.mark.parametrize("token", [f"{TOKEN}\nX-Evil: 1", f"{TOKEN} more", f"{TOKEN}\x07", "tökén"])
def test_a_token_that_no_header_can_hold_is_refused_unseen(console: Console, check: Check, token: str) -> None:
    outcome = check(token=token)
    assert (outcome.code, console.asked) == (2, [])
    assert TOKEN not in outcome.log


def test_without_a_token_forks_are_explained(check: Check) -> None:
    outcome = check(token="")
    assert (outcome.code, "forks get no secrets" in outcome.log) == (2, True)


def test_an_echoed_token_is_not_shown(console: Console, check: Check) -> None:
    echo = f"You sent {TOKEN}."
    for answer in (
        problem(403, echo, token=[echo]),
        Said(302, b"", {"Location": f"/{TOKEN}"}),
        Said(200, TOKEN.encode()),
    ):
        console.posts = [answer]
        outcome = check(env={"GITHUB_ACTIONS": "true"})
        assert (outcome.code, TOKEN in outcome.log, "***" in outcome.log) == (2, False, True)


def test_the_token_may_come_by_flag_or_file(console: Console, check: Check, tmp_path: object) -> None:
    (file := tmp_path / "token").write_text(f"{TOKEN}-2\n")  # type: ignore[operator]
    for flags in (["--token", f"{TOKEN}-2"], ["--token-file", str(file)]):
        assert check(*flags, token="").code == 0
        assert console.asked[-1].headers["Authorization"] == f"Token {TOKEN}-2"
    outcome = check("--token", f"{TOKEN}-2", "--wait", "x")
    assert (outcome.code, TOKEN in outcome.log) == (2, False)
