"""Redis is dispensable: CI is answered at once and reports are judged, whatever becomes of it."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from compliance.models import Evaluation
from operations.embedded import Valkey
from tests.chaos.inboxes import finished, waiting
from tests.running import Answer, RunningSite, wait_until

pytestmark = pytest.mark.alone

Report = Callable[..., dict[str, Any]]
AT_ONCE = 8
ANSWERED_WITHIN = 0.5
JUDGED_WITHIN = 30.0


@pytest.fixture(params=[signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def taken_away(request: pytest.FixtureRequest, valkey: Valkey) -> Iterator[Callable[[], None]]:
    """End the broker; or freeze it, so that its port accepts connections and never answers."""
    assert valkey.pid
    yield lambda: os.kill(valkey.pid or 0, request.param)
    os.kill(valkey.pid, signal.SIGKILL)


def test_without_a_broker_ci_is_answered_at_once_and_reports_are_judged(
    site_of_valkey: RunningSite, tokens: dict[str, str], report: Report, taken_away: Callable[[], None]
) -> None:
    site_of_valkey.start("inbox")

    def post(number: int) -> Answer:
        return site_of_valkey.post("acme", report(pr_number=number), tokens["acme"])

    answers = [post(1)]
    taken_away()
    # None of these knows yet that the broker is away; of those after them, every five seconds one asks again.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers += pool.map(post, range(2, 2 + AT_ONCE))
    answers += [post(number) for number in range(len(answers) + 1, 20)]

    def judged_while_others_come() -> bool:
        answers.append(post(len(answers) + 1))
        return finished() >= AT_ONCE + 1

    wait_until(judged_while_others_come, within=JUDGED_WITHIN, every=0.5, what="the first reports are judged")
    assert {answer.status for answer in answers} == {202}
    slowest = sorted(answer.seconds for answer in answers[1:])[-AT_ONCE:]
    wait_until(lambda: not waiting(), within=JUDGED_WITHIN, what="every report is judged")
    assert finished() == Evaluation.objects.count() == len(answers)
    assert slowest[-1] < ANSWERED_WITHIN, slowest


def test_reports_outlive_a_broker_that_forgets_everything(
    site_of_valkey: RunningSite, tokens: dict[str, str], report: Report, valkey: Valkey
) -> None:
    site_of_valkey.start("worker")
    worker = site_of_valkey.processes["worker"]
    worker.send_signal(signal.SIGSTOP)
    for number in range(1, 6):
        site_of_valkey.post("acme", report(pr_number=number), tokens["acme"])
    forget_everything(valkey)
    worker.send_signal(signal.SIGCONT)
    # One message is enough for all that waits.
    site_of_valkey.post("acme", report(pr_number=6), tokens["acme"])
    wait_until(lambda: finished() == 6, within=JUDGED_WITHIN, what="the worker finds the broker and all reports")


def forget_everything(valkey: Valkey) -> None:
    """Restart the broker, which keeps nothing on disk."""
    assert valkey.pid
    os.kill(valkey.pid, signal.SIGKILL)
    valkey.stop()
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.dbsize() == 0
