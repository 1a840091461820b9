"""The model's own answers where it is easy to be wrong: which reports change nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.compliance.model_of_reconcile import ModelOfPullRequest, Sighting

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
FOUND = Sighting("one", "R01", "api", "BLOCK", "a.py")


def report(
    model: ModelOfPullRequest,
    *found: Sighting,
    source: str = "opa",
    run: str = "1",
    commit: str = "c1",
    started: int | None = 0,
    at: int = 0,
) -> str:
    """A full report about package ``api``; times in hours after nine."""
    start = None if started is None else NINE + timedelta(hours=started)
    received = NINE + timedelta(hours=at)
    return model.apply_report(source, run, found, {"api"}, (), "full", (), commit=commit, started=start, at=received)


@pytest.fixture
def model() -> ModelOfPullRequest:
    """Open, at commit c1, with one live violation by run 1."""
    model = ModelOfPullRequest()
    assert report(model, FOUND) == ""
    return model


def test_a_later_run_resolves_what_it_does_not_see(model: ModelOfPullRequest) -> None:
    assert report(model, run="2") == ""
    assert (model.live(), model.resolution("opa", "one")) == (set(), "FIXED")


def test_another_report_of_the_run_adds_up(model: ModelOfPullRequest) -> None:
    assert report(model) == ""
    assert model.live() == {("opa", "one")}


def test_a_commit_that_was_the_head_changes_nothing(model: ModelOfPullRequest) -> None:
    report(model, FOUND, run="2", commit="c2")
    assert report(model, run="3", commit="c1") == "commit"
    assert model.live() == {("opa", "one")}


def test_a_run_that_started_earlier_changes_nothing_in_its_source_only(model: ModelOfPullRequest) -> None:
    assert report(model, run="0", started=-1) == "run"
    assert report(model, run="0", started=-1, source="sarif") == ""
    assert model.live() == {("opa", "one")}


def test_a_late_report_does_not_move_the_head(model: ModelOfPullRequest) -> None:
    assert report(model, run="0", started=-1, commit="c0") == "run"
    assert (model.head, model.former_heads) == ("c1", set())


@pytest.mark.parametrize("started", [None, 9], ids=["missing", "future"])
def test_a_start_that_cannot_be_is_the_time_of_receipt(model: ModelOfPullRequest, started: int | None) -> None:
    assert report(model, run="2", started=started, at=2) == ""
    assert report(model, run="3", started=1, at=2) == "run"
    assert report(model, run="4", started=2, at=2) == ""


@pytest.mark.parametrize("kind", ["CLOSED", "MERGED"])
def test_only_what_was_closed_comes_back(model: ModelOfPullRequest, kind: str) -> None:
    model.close(kind)
    assert (report(model, FOUND), model.resolution("opa", "one")) == ("state", kind)
    model.reopen(NINE)
    assert model.live() == ({("opa", "one")} if kind == "CLOSED" else set())
