"""How reports, pull requests and covers become alerts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from alerts.choices import AlertState, ChannelKind, Tier
from alerts.models import Alert, Channel, Delivery
from compliance.choices import PullState
from compliance.inbox import process_next
from compliance.models import Evaluation, PullRequest, Rule, Submission
from compliance.services.pulls import set_state
from tests.api.reading import finding

pytestmark = pytest.mark.django_db
Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]


def alerts() -> dict[str, tuple[str, str, int]]:
    """Tier, state and count of each rule's newest alert."""
    return {
        alert.facts.get("rule", alert.key): (alert.tier, alert.state, alert.count)
        for alert in Alert.objects.order_by("pk")
    }


def sent() -> list[str]:
    """Occasions of what goes to Slack."""
    return list(Delivery.objects.filter(channel_name="slack:alerts").order_by("pk").values_list("occasion", flat=True))


@pytest.fixture(autouse=True)
def _slack(acme: object) -> None:
    Channel.objects.create(kind=ChannelKind.SLACK, name="alerts")


def test_a_rule_on_a_pull_request_is_one_alert_of_its_gravest_tier(judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01"), finding("R01", file="b.ts"), finding("R07")]))
    assert alerts() == {
        "R01": (Tier.BLOCK, AlertState.OPEN, 2),
        "R07": (Tier.OVERRIDE, AlertState.OPEN, 1),
    }
    assert sent() == ["opened"]
    message = Delivery.objects.filter(channel_name="slack:alerts").get().message
    assert message["headline"] == "R01 Tenant Isolation: 2 open on acme/shop#1"
    assert len(message["items"]) == 2


def test_the_same_report_again_tells_nothing_and_one_more_violation_does(judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01")]))
    judge(report(deny=[finding("R01")]))
    assert sent() == ["opened"]
    judge(report(deny=[finding("R01"), finding("R01", file="b.ts")]))
    assert sent() == ["opened", "grew"]


def test_one_fixed_and_one_new_is_growth(judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01", file="a.ts")]))
    judge(report(deny=[finding("R01", file="b.ts")]))
    assert sent() == ["opened", "grew"]


def test_what_is_fixed_is_resolved_and_told(judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01")]))
    judge(report())
    assert alerts()["R01"][1] == AlertState.RESOLVED
    assert sent() == ["opened", "resolved"]


@pytest.mark.parametrize("state", [PullState.CLOSED, PullState.MERGED])
def test_an_ended_pull_request_has_no_open_alerts(judge: Judge, report: Report, state: PullState) -> None:
    judge(report(deny=[finding("R01")]))
    set_state(PullRequest.objects.get().pk, state=state, by="kim", at=timezone.now())
    assert alerts()["R01"][1] == AlertState.RESOLVED


def test_a_reopened_pull_request_opens_its_alerts_anew(judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01")]))
    for state in (PullState.CLOSED, PullState.OPEN):
        set_state(PullRequest.objects.get().pk, state=state, by="kim", at=timezone.now())
    assert sent() == ["opened", "resolved", "opened"]


def test_an_observed_rule_raises_nothing(judge: Judge, report: Report) -> None:
    Rule.objects.filter(pk="R01").update(enforcement="observe")
    judge(report(deny=[finding("R01")]))
    assert alerts() == {}


def test_a_dead_letter_is_an_alert_until_its_source_is_processed(
    submit: Callable[..., Submission], judge: Judge, report: Report
) -> None:
    submission = submit(report())
    Submission.objects.filter(pk=submission.pk).update(payload=b"no zlib", attempts=2)
    process_next()
    (key,) = alerts()
    assert key == "report:acme/shop#1:opa"
    assert Alert.objects.get().facts["items"] == [Submission.objects.get().error]
    judge(report(run_id="next"))
    assert alerts()[key][1] == AlertState.RESOLVED
