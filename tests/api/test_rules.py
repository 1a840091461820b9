"""``GET rules`` and ``GET rule/<id>``."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from compliance.choices import UNATTRIBUTED
from compliance.models import Evaluation, Violation
from compliance.services.trends import refresh_trends
from tenants.models import Tenant
from tests.api.reading import PULLS, RULES, Body, finding, findings, statements

Judge = Callable[..., Evaluation]
Report = Callable[..., Body]
RULE = "/api/compliance/rule"


@pytest.fixture
def reader(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A viewer of acme."""
    return client_for(acme, user=viewer)


def colours(reader: APIClient) -> dict[str, str]:
    """Rule → colour."""
    return {rule["id"]: rule["colour"] for rule in reader.get(RULES).json()["results"]}


def test_all_rules_are_there_before_any_report(reader: APIClient) -> None:
    answer = reader.get(RULES).json()
    assert [rule["id"] for rule in answer["results"]] == [f"R{number:02}" for number in range(1, 26)]
    assert {rule["colour"] for rule in answer["results"]} == {"grey"}
    assert (answer["next"], answer["previous"]) == (None, None)


def test_a_rule_has_the_colour_of_its_gravest_live_violation(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01"), finding("R02", severity="WARNING")]))
    found = colours(reader)
    assert [found[rule] for rule in ("R01", "R02", "R03", "R04")] == ["red", "yellow", "green", "grey"]


def test_a_covered_block_is_yellow(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01")]))
    covered = {"status": "OVERRIDDEN", "override_severity": "BLOCK"}
    Violation.objects.update(**covered, override_until=F("first_seen") + timedelta(days=9))
    judge(report(deny=[finding("R01")]))
    assert colours(reader)["R01"] == "yellow"


def test_what_was_merged_colours_nothing(reader: APIClient, ci: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01")]))
    ci.patch(f"{PULLS}/1", {"state": "merged"})
    assert colours(reader)["R01"] == "grey"


def test_counts_add_up_over_pull_requests(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=findings(2), pr_number=1))
    judge(report(deny=findings(3), pr_number=2))
    rule = reader.get(RULES).json()["results"][0]
    assert (rule["id"], rule["block_count"], rule["open_block_count"]) == ("R01", 5, 5)


def test_unattributed_is_listed_while_it_has_live_violations(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=["something is wrong"]))
    assert colours(reader)[UNATTRIBUTED] == "red"
    judge(report(deny=[]))
    assert UNATTRIBUTED not in colours(reader)


@pytest.mark.parametrize("count", [1, 3])
def test_rules_take_the_same_queries_whatever_was_reported(
    reader: APIClient, judge: Judge, report: Report, count: int
) -> None:
    for number in range(1, count + 1):
        judge(report(pr_number=number, deny=[finding()]))
    # Two for permissions, versions with lapsed verdicts, the states, the rules.
    assert statements(reader, RULES) == 5


def test_a_rule_tells_what_to_do(reader: APIClient) -> None:
    rule = reader.get(f"{RULE}/R01").json()
    assert (rule["id"], rule["tier"], rule["packages"]) == ("R01", "BLOCK", ["security"])
    assert rule["remediation"]
    assert (rule["history"], rule["mean_hours_to_resolution"]) == ([], None)


def test_a_rule_tells_its_last_outcomes(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding("R01")]))
    judge(report(deny=[]))
    history = reader.get(f"{RULE}/R01").json()["history"]
    assert [(check["outcome"], check["count"]) for check in history] == [("PASS", 0), ("VIOLATION", 1)]


def test_a_rule_tells_where_it_is_violated_most(reader: APIClient, judge: Judge, report: Report) -> None:
    judge(report(deny=[finding(file="a.ts"), finding(file="b.ts")], pr_number=1, author="kim"))
    judge(report(deny=[finding(file="a.ts")], pr_number=2, author="lee", repository="acme/api"))
    assert reader.get(f"{RULE}/R01").json()["patterns"] == {
        "files": [{"name": "a.ts", "violations": 2}, {"name": "b.ts", "violations": 1}],
        "repositories": [{"name": "acme/shop", "violations": 2}, {"name": "acme/api", "violations": 1}],
        "authors": [{"name": "kim", "violations": 2}, {"name": "lee", "violations": 1}],
        "messages": [{"name": "R01 is violated in …", "violations": 3}],
    }


def test_a_rule_tells_how_long_a_fix_takes(reader: APIClient, judge: Judge, report: Report) -> None:
    found, at = findings(2), timezone.now()
    for hours, left in ((5, found), (4, found[:1]), (1, [])):
        judge(report(deny=left), at=at - timedelta(hours=hours))
    refresh_trends(at=at)
    # One was fixed after an hour, the other after four.
    assert reader.get(f"{RULE}/R01").json()["mean_hours_to_resolution"] == 2.5


@pytest.mark.parametrize("rule", ["R99", "r01", "%00", "a/b"])
def test_an_unknown_rule_is_404(reader: APIClient, rule: str) -> None:
    response = reader.get(f"{RULE}/{rule}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
