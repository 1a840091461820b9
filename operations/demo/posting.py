"""What a CI job does: post a report, wait for the verdict."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from operations.demo.reports import Result, report_body

REPORTS = "/api/compliance/reports"
AT_ONCE = 4
VERDICT_SECONDS = 60.0
POLL_SECONDS = 0.2


class Target(NamedTuple):
    """A tenant's API as CI sees it."""

    tenant: str
    port: int
    token: str

    @property
    def host(self) -> str:
        """The tenant's host name and port, as browsers use it."""
        return f"{self.tenant}.localhost:{self.port}"

    @property
    def repository(self) -> str:
        """The repository that the tenant's demo reports are about."""
        return f"{self.tenant}/shop"


class Outcome(NamedTuple):
    """What became of one report: the answer of ``GET reports/<id>``, or an error in words."""

    target: Target
    result: Result
    duplicate: bool = False
    answer: Mapping[str, Any] = {}
    error: str = ""


class RefusedError(Exception):
    """The API did not take the report."""


def post_all(jobs: Sequence[tuple[Target, Result]], *, meanwhile: Callable[[], None]) -> Iterator[Outcome]:
    """Post reports, four at a time, and yield each outcome as it comes; ``meanwhile`` is called twice a second."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ci")
    try:
        waiting: set[Future[Outcome]] = {pool.submit(post, target, result) for target, result in jobs}
        while waiting:
            done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
            meanwhile()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def post(target: Target, result: Result) -> Outcome:
    """Post one report and wait until it is judged; never raises, an error is part of the outcome."""
    try:
        accepted = _call(target, "POST", REPORTS, report_body(result, repository=target.repository))
        answer = _await_verdict(target, urlsplit(accepted["status_url"]).path)
    except (RefusedError, OSError, HTTPException, LookupError, ValueError) as error:
        return Outcome(target, result, error=str(error) or type(error).__name__)
    failure = str(answer.get("error") or "failed") if answer["status"] == "failed" else ""
    return Outcome(target, result, duplicate=bool(accepted.get("duplicate")), answer=answer, error=failure)


def _await_verdict(target: Target, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + VERDICT_SECONDS
    while time.monotonic() < deadline:
        answer = _call(target, "GET", path)
        if answer["status"] in ("done", "failed"):
            return answer
        time.sleep(POLL_SECONDS)
    raise RefusedError(f"no verdict within {VERDICT_SECONDS:.0f} s")


def _call(target: Target, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
    # Names under localhost are loopback for browsers, but Python's resolver does not know them.
    connection = HTTPConnection("127.0.0.1", target.port, timeout=30)
    headers = {"Host": target.host, "Authorization": f"Token {target.token}", "Accept": "application/json"}
    try:
        connection.request(method, path, body, headers | ({"Content-Type": "application/json"} if body else {}))
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status not in (200, 202):
        raise RefusedError(f"{response.status} {_reason(answer) or response.reason}")
    document: dict[str, Any] = json.loads(answer)
    return document


def _reason(answer: bytes) -> str:
    """What a problem+json says, in one line."""
    try:
        problem = json.loads(answer)
        errors = "; ".join(f"{field}: {', '.join(texts)}" for field, texts in (problem.get("errors") or {}).items())
        return " ".join(str(part) for part in (problem.get("detail") or problem.get("title"), errors) if part)
    except (ValueError, AttributeError, TypeError):
        return ""
