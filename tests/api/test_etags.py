"""ETag and 304."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from compliance.models import Evaluation, Submission
from tenants.models import Tenant
from tests.api.reading import PULLS, RULES, VIOLATIONS, Body, finding

Judge = Callable[..., Evaluation]
Report = Callable[..., Body]
ADDRESSES = [VIOLATIONS, RULES, PULLS, f"{PULLS}/1", "/api/compliance/rule/R01"]


@pytest.fixture
def reader(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    """A viewer of acme."""
    return client_for(acme, user=viewer)


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_has_not_changed_is_304(reader: APIClient, judge: Judge, report: Report, address: str) -> None:
    judge(report(deny=[finding()]))
    first = reader.get(address)
    again = reader.get(address, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["ETag"] == first["ETag"]
    assert first["Cache-Control"] == again["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie", "Accept-Language"} <= set(first["Vary"].split(", "))


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_has_changed_is_read_again(reader: APIClient, judge: Judge, report: Report, address: str) -> None:
    judge(report(deny=[finding()]))
    tag = reader.get(address)["ETag"]
    judge(report())
    changed = reader.get(address, HTTP_IF_NONE_MATCH=tag)
    assert changed.status_code == 200
    assert changed["ETag"] != tag


@pytest.mark.parametrize("address", [PULLS, f"{PULLS}/1"])
def test_a_report_that_waits_or_fails_ends_a_verdicts_tag(
    reader: APIClient, judge: Judge, submit: Callable[..., Submission], report: Report, address: str
) -> None:
    judge(report())
    tags = [reader.get(address)["ETag"]]
    submit(report())
    tags.append(reader.get(address)["ETag"])
    Submission.objects.filter(status="queued").update(status="failed", error="broken")
    tags.append(reader.get(address)["ETag"])
    assert len(set(tags)) == 3


@pytest.mark.parametrize("wanted", ['"other", {tag}', "{strong}", '{tag},W/"x"', "*"])
def test_tags_are_compared_weakly_and_in_lists(reader: APIClient, wanted: str) -> None:
    tag = reader.get(RULES)["ETag"]
    header = wanted.format(tag=tag, strong=tag.removeprefix("W/"))
    assert reader.get(RULES, HTTP_IF_NONE_MATCH=header).status_code == 304


@pytest.mark.parametrize("wanted", ['"other"', "nonsense", "", 'W/""'])
def test_another_tag_is_answered_in_full(reader: APIClient, wanted: str) -> None:
    assert reader.get(RULES, HTTP_IF_NONE_MATCH=wanted).status_code == 200


def test_any_tag_does_not_make_up_what_is_not_there(reader: APIClient) -> None:
    assert reader.get(f"{VIOLATIONS}/0192f0c1-0000-7000-8000-000000000000", HTTP_IF_NONE_MATCH="*").status_code == 404


def test_a_tag_is_good_for_one_caller_and_one_query(
    acme: Tenant, reader: APIClient, compliance_admin: User, client_for: Callable[..., APIClient]
) -> None:
    tag = reader.get(VIOLATIONS)["ETag"]
    other = client_for(acme, user=compliance_admin)
    assert other.get(VIOLATIONS, HTTP_IF_NONE_MATCH=tag).status_code == 200
    assert reader.get(f"{VIOLATIONS}?rule=R01", HTTP_IF_NONE_MATCH=tag).status_code == 200
