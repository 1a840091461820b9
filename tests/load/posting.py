"""How fast reports are taken in over HTTP, how soon their violations are seen, and what memory that takes."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter

from accounts.jwt import TenantAccessToken
from accounts.roles import Role
from compliance.models import Submission
from tests import factories
from tests.load.figures import Figure, ms, p95
from tests.load.material import big_report
from tests.running import RunningSite, wait_until

AT_ONCE = 8
REPORTS = 400
FINDINGS = 25
SEEN = 40
VISIBLE_GOAL = 1.0
_runs = itertools.count(1)


def figures() -> Iterator[Figure]:
    """POST at concurrency 8 beside a GET that does nothing; then from POST to the violation in the list."""
    token = factories.ci_token()
    with tempfile.TemporaryDirectory() as folder, RunningSite(Path(folder)) as site:
        yield from _posting(site, token)
        site.start("worker")
        wait_until(_all_judged, within=180, what="the posted reports are judged")
        yield _visible(site, token)
        yield Figure("memory of web", _memory(site.pids["web"]))
        yield Figure("memory of worker", _memory(site.pids["worker"]))


def _posting(site: RunningSite, token: str) -> Iterator[Figure]:
    bodies = [_report() for _ in range(REPORTS)]
    floor, floor_rate = _at_once([lambda: site.get("acme", "/healthz").seconds] * REPORTS)
    taken, rate = _at_once([lambda body=body: _posted(site, body, token) for body in bodies])  # type: ignore[misc]
    yield Figure(
        f"POST reports, {FINDINGS} findings, {AT_ONCE} at once",
        f"p50 {ms(median(taken))}, p95 {ms(p95(taken))}",
        f"p50 {ms(median(floor))} (GET /healthz)",
        median(floor) / median(taken),
    )
    yield Figure("reports taken in a second", f"{rate:.0f}", f"{floor_rate:.0f} (GET /healthz)", rate / floor_rate)


def _at_once(calls: list[Callable[[], float]]) -> tuple[list[float], float]:
    """Seconds of each call, and calls a second."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda call: call(), calls[:AT_ONCE]))  # warm
        began = perf_counter()
        taken = list(pool.map(lambda call: call(), calls[AT_ONCE:]))
        return taken, len(taken) / (perf_counter() - began)


def _posted(site: RunningSite, body: dict[str, object], token: str) -> float:
    answer = site.post("acme", body, token)
    assert answer.status in (200, 202), answer.document
    return answer.seconds


def _visible(site: RunningSite, token: str) -> Figure:
    """A person's list, asked again and again: 20 people take turns, because each may ask 100 times a minute."""
    people = [factories.user(Role.VIEWER, password="x" * 12) for _ in range(20)]
    jwts = itertools.cycle([str(TenantAccessToken.for_user(person)) for person in people])
    taken = []
    for _ in range(SEEN):
        body = _report()
        path = f"/api/compliance/violations?repository={body['repository']}&pr={body['pr_number']}"
        began = perf_counter()
        _posted(site, body, token)
        wait_until(
            lambda path=path: site.get("acme", path, jwt=next(jwts)).document["results"],  # type: ignore[misc]
            within=10,
            what="the violations are listed",
        )
        taken.append(perf_counter() - began)
    return Figure(
        "from POST to the violation in the list",
        f"p50 {ms(median(taken))}, p95 {ms(p95(taken))}",
        goal=f"p95 < {VISIBLE_GOAL:g} s",
        holds=p95(taken) < VISIBLE_GOAL,
    )


def _report() -> dict[str, object]:
    number = next(_runs)
    return big_report(range(FINDINGS), run_id=f"posting-{number}", pr_number=number)


def _all_judged() -> bool:
    return not Submission.objects.waiting().exists()


def _memory(pid: int) -> str:
    """Resident memory of a process and its children, in MiB."""
    pids, found = [pid], [pid]
    while pids:
        children = Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text(encoding="ascii").split()
        pids = [*pids[1:], *map(int, children)]
        found += map(int, children)
    kib = 0
    for one in found:
        status = Path(f"/proc/{one}/status").read_text(encoding="ascii")
        kib += int(status.split("VmRSS:")[1].split()[0])
    return f"{kib / 1024:.0f} MiB in {len(found)} processes"
