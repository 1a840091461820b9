"""``@override:<marker>`` in descriptions: found, kept, shown with the rules that know it."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from compliance.markers import MAX_DESCRIPTION_BYTES, override_markers
from compliance.models import Evaluation, PullRequest

Judge = Callable[..., Evaluation]
Report = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("@override:layer-sync", ["layer-sync"]),
        ("Because.\n\n@override:layer-sync, @override:state-machine.", ["layer-sync", "state-machine"]),
        ("@override:layer-sync @override:Layer-Sync", ["layer-sync"]),
        ("(@override:rls_enforcement)", ["rls_enforcement"]),
        ("`@override:test-coverage`", ["test-coverage"]),
        ("@overrides:no @override: no @override:-no mail@override:no", []),
        ("@override:naïve", []),
        ("<!--" * 16_000 + " @override:layer-sync", ["layer-sync"]),
        ("<!-- e.g. @override:layer-sync\n -->\n@override:breaking-change", ["breaking-change"]),
        ("@override:" + "x" * 101, []),
        ("", []),
    ],
)
def test_markers_are_read_as_authors_write_them(text: str, markers: list[str]) -> None:
    assert override_markers(text) == markers


def test_a_description_of_markers_alone_keeps_fifty() -> None:
    assert len(override_markers(" ".join(f"@override:m{number}" for number in range(99)))) == 50


@pytest.mark.django_db
def test_a_report_brings_the_description_and_its_markers(judge: Judge, report: Report, ci: APIClient) -> None:
    judge(report(description="Known.\n@override:tenant-isolation @override:unheard-of"))
    shown = ci.get("/api/compliance/pr/1").json()
    assert shown["override_markers"] == [
        {"marker": "tenant-isolation", "rules": ["R01"]},
        {"marker": "unheard-of", "rules": []},
    ]


@pytest.mark.django_db
def test_a_report_that_says_nothing_of_the_description_keeps_it(judge: Judge, report: Report) -> None:
    judge(report(description="@override:layer-sync"))
    judge(report())
    assert PullRequest.objects.get().override_markers == ["layer-sync"]
    judge(report(description=""))
    assert PullRequest.objects.get().override_markers == []


@pytest.mark.django_db
def test_a_long_description_is_cut_and_never_refused(ci: APIClient, judge: Judge, report: Report) -> None:
    body = report(description="ä" * MAX_DESCRIPTION_BYTES)
    assert ci.post("/api/compliance/reports", body).status_code == 202
    judge({**body, "run_id": "again"})
    assert len(PullRequest.objects.get().description.encode()) == MAX_DESCRIPTION_BYTES


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [7, ["text"], {"text": ""}])
def test_a_description_is_a_text(ci: APIClient, report: Report, wrong: Any) -> None:
    response = ci.post("/api/compliance/reports", report(description=wrong))
    assert response.status_code in (202, 422)
    assert (response.status_code == 202) == isinstance(wrong, int)
