"""``/api/compliance/overrides``: who may what, and what is answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from compliance.models import Evaluation, PullRequest
from overrides.models import OverrideRequest
from tenants.models import Tenant
from tests import factories
from tests.api.test_schema import Schema, check
from tests.api.test_schema import schema as schema
from tests.overrides.conftest import BLOCK, OTHER, REASON, live, verdict

pytestmark = pytest.mark.django_db
OVERRIDES = "/api/compliance/overrides"
DETAIL = f"{OVERRIDES}/{{override_id}}"


@pytest.fixture
def pull(judge: Callable[..., Evaluation], report: Callable[..., Any]) -> PullRequest:
    """Blocked, as of now."""
    return judge(report(deny=[BLOCK])).pull_request


@pytest.fixture
def asker(acme: Tenant, viewer: User, client_for: Callable[..., APIClient]) -> APIClient:
    return client_for(acme, user=viewer)


@pytest.fixture
def decider(acme: Tenant, compliance_admin: User, client_for: Callable[..., APIClient]) -> APIClient:
    return client_for(acme, user=compliance_admin)


def asking(**fields: Any) -> dict[str, Any]:
    return {"violations": [str(key) for key in live()], "reason": REASON, **fields}


@pytest.fixture
def asked(pull: PullRequest, asker: APIClient) -> str:
    """The address of a pending request."""
    return f"{OVERRIDES}/{asker.post(OVERRIDES, asking()).json()['id']}"


def test_the_whole_way(asker: APIClient, decider: APIClient, pull: PullRequest, schema: Schema) -> None:
    response = asker.post(OVERRIDES, asking(evidence_url="https://tickets.example.com/CHG-4711"))
    assert (response.status_code, response.json()["status"]) == (201, "PENDING")
    check(schema, OVERRIDES, response, "post")
    address = f"{OVERRIDES}/{response.json()['id']}"
    shown = decider.get(address)
    check(schema, DETAIL, shown)
    assert (shown.json()["verdict"], shown.json()["verdict_after"]) == ("BLOCKED", "OVERRIDE_APPROVED")
    response = decider.post(f"{address}/approve", {"seen": shown.json()["seen"], "note": "Until December."})
    check(schema, f"{DETAIL}/approve", response, "post")
    assert (response.status_code, response.json()["status"], verdict()) == (200, "APPROVED", "OVERRIDE_APPROVED")
    shown = asker.get(address)
    assert (shown.json()["verdict"], shown.json()["verdict_after"]) == ("OVERRIDE_APPROVED", "BLOCKED")
    response = decider.post(f"{address}/revoke", {"reason": "The vendor is late."})
    assert (response.status_code, response.json()["revocation_reason"]) == (200, "The vendor is late.")
    assert verdict() == "BLOCKED"


def test_a_request_is_rejected_with_a_reason(asked: str, decider: APIClient) -> None:
    assert list(decider.post(f"{asked}/reject", {}).json()["errors"]) == ["reason"]
    response = decider.post(f"{asked}/reject", {"reason": "Fix it."})
    assert (response.status_code, response.json()["rejection_reason"]) == (200, "Fix it.")


def test_a_request_is_withdrawn_by_who_asked(asked: str, asker: APIClient, decider: APIClient) -> None:
    assert decider.post(f"{asked}/withdraw").status_code == 403
    assert asker.post(f"{asked}/withdraw").json()["status"] == "WITHDRAWN"


def test_an_approved_override_is_renewed_with_one_call(asked: str, asker: APIClient, decider: APIClient) -> None:
    decider.post(f"{asked}/approve", {})
    response = asker.post(f"{asked}/renew")
    assert (response.status_code, response.json()["status"]) == (201, "PENDING")
    assert asked.endswith(response.json()["renews"])


def test_nobody_decides_their_own(pull: PullRequest, decider: APIClient) -> None:
    address = f"{OVERRIDES}/{decider.post(OVERRIDES, asking()).json()['id']}"
    for verb in ("approve", "reject", "revoke"):
        response = decider.post(f"{address}/{verb}", {"reason": "Because I say so."})
        assert (response.status_code, response.json()["code"]) == (403, "own_request")
    assert verdict() == "BLOCKED"


def test_a_viewer_decides_nothing(asked: str, asker: APIClient) -> None:
    statuses = {
        asker.post(f"{asked}/{verb}", {"reason": REASON}).status_code for verb in ("approve", "reject", "revoke")
    }
    assert statuses == {403}


def test_ci_may_neither_ask_nor_read(pull: PullRequest, ci: APIClient, asked: str) -> None:
    assert [ci.get(OVERRIDES).status_code, ci.get(asked).status_code] == [403, 403]
    assert [ci.post(OVERRIDES, asking()).status_code, ci.post(f"{asked}/approve").status_code] == [403, 403]


def test_strangers_sign_in_first(acme: Tenant, client_for: Callable[..., APIClient], asked: str) -> None:
    stranger = client_for(acme)
    assert [stranger.get(OVERRIDES).status_code, stranger.post(f"{asked}/approve").status_code] == [401, 401]


def test_what_is_decided_stays_decided(asked: str, decider: APIClient) -> None:
    decider.post(f"{asked}/approve", {})
    again = decider.post(f"{asked}/reject", {"reason": "No."})
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"violations": []}, "violations"),
        ({"violations": ["no"]}, "violations[0][0]"),
        ({"violations": [str(uuid4())]}, "violations"),
        ({"reason": "Short."}, "reason"),
        ({"kind": "EXCUSE"}, "kind"),
        ({"evidence_url": "javascript:alert(1)"}, "evidence_url"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
    ],
)
def test_what_is_wrong_is_named(pull: PullRequest, asker: APIClient, change: dict[str, Any], field: str) -> None:
    response = asker.post(OVERRIDES, asking(**change))
    assert response.status_code == 422
    assert [name.split("[")[0].split(".")[0] for name in response.json()["errors"]] == [field.split("[")[0]]


def test_violations_of_several_pull_requests_are_refused(
    pull: PullRequest, asker: APIClient, judge: Callable[..., Evaluation], report: Callable[..., Any]
) -> None:
    judge(report(deny=[BLOCK], pr_number=2))
    response = asker.post(OVERRIDES, asking())
    assert (response.status_code, response.json()["code"]) == (422, "several_pull_requests")


def test_the_eleventh_request_of_an_hour_has_to_wait(pull: PullRequest, asker: APIClient) -> None:
    for _ in range(10):
        asker.post(f"{OVERRIDES}/{asker.post(OVERRIDES, asking()).json()['id']}/withdraw")
    response = asker.post(OVERRIDES, asking())
    assert (response.status_code, response.json()["code"]) == (429, "too_many_requests")
    assert 3500 < int(response["Retry-After"]) <= 3600


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("status=PENDING", 1),
        ("status=PENDING&status=APPROVED", 2),
        ("status=EXPIRED", 0),
        ("kind=FALSE_POSITIVE", 1),
        ("pr=1", 2),
        ("pr=2", 0),
        ("pr=default", 0),
        ("pr=9999999999", 0),
        ("repository=acme/shop", 2),
        ("repository=acme/other", 0),
        ("rule=R01", 1),
        ("rule=R02&kind=OVERRIDE", 0),
        ("requester=nobody", 0),
    ],
)
def test_the_list_is_filtered(
    query: str, found: int, asker: APIClient, decider: APIClient, judge: Callable[..., Evaluation], report: Any
) -> None:
    judge(report(deny=[BLOCK, OTHER]))
    first, second = sorted(asking()["violations"])
    one = asker.post(OVERRIDES, asking(violations=[first])).json()["id"]
    asker.post(OVERRIDES, asking(violations=[second], kind="FALSE_POSITIVE"))
    decider.post(f"{OVERRIDES}/{one}/approve", {})
    response = asker.get(f"{OVERRIDES}?{query}")
    assert (response.status_code, len(response.json()["results"])) == (200, found)


def test_the_list_finds_a_violations_requests_and_a_persons(asked: str, asker: APIClient, viewer: User) -> None:
    for query in (f"violation={live()[0]}", f"requester={viewer.username}"):
        assert len(asker.get(f"{OVERRIDES}?{query}").json()["results"]) == 1
    assert asker.get(f"{OVERRIDES}?violation={uuid4()}").json()["results"] == []
    assert asker.get(f"{OVERRIDES}?statsu=PENDING").status_code == 422


def test_an_unchanged_list_is_not_read_again(asked: str, asker: APIClient, decider: APIClient) -> None:
    tag = asker.get(OVERRIDES)["ETag"]
    assert asker.get(OVERRIDES, headers={"If-None-Match": tag}).status_code == 304
    decider.post(f"{asked}/approve", {})
    assert asker.get(OVERRIDES, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_takes_the_same_queries_however_long(
    number: int,
    asker: APIClient,
    judge: Callable[..., Evaluation],
    report: Any,
    django_assert_max_num_queries: Any,
) -> None:
    for pull in range(number):
        judge(report(deny=[BLOCK], pr_number=pull + 1))
    for key in live():
        asker.post(OVERRIDES, asking(violations=[str(key)]))
    with django_assert_max_num_queries(26):  # the switch of schema before each aside, twelve
        assert len(asker.get(OVERRIDES).json()["results"]) == number


def test_a_read_ends_what_is_over(asked: str, asker: APIClient, decider: APIClient) -> None:
    decider.post(f"{asked}/approve", {})
    OverrideRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert asker.get(asked).json()["status"] == "EXPIRED"
    assert OverrideRequest.objects.get().status == "EXPIRED"
    assert verdict() == "BLOCKED"


def test_the_answers_keep_the_description(asked: str, asker: APIClient, decider: APIClient, schema: Schema) -> None:
    check(schema, OVERRIDES, asker.get(OVERRIDES))
    check(schema, f"{DETAIL}/reject", decider.post(f"{asked}/reject", {}), "post")
    check(schema, f"{DETAIL}/withdraw", asker.post(f"{asked}/withdraw"), "post")
    check(schema, f"{DETAIL}/approve", decider.post(f"{asked}/approve", {}), "post")
    check(schema, DETAIL, asker.get(f"{OVERRIDES}/{uuid4()}"))


def test_a_ci_reporter_who_signs_in_asks_for_nothing(
    pull: PullRequest, acme: Tenant, client_for: Callable[..., APIClient]
) -> None:
    reporter = client_for(acme, user=factories.user(Role.CI_REPORTER, password="correct horse"))
    assert reporter.post(OVERRIDES, asking()).status_code == 403
