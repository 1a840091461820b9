"""The demo's sample repository: made once, evaluated once, the same at every start."""

import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from compliance.evaluation.changes import read_change
from operations.demo.evaluations import Evaluated, evaluate_repository
from operations.demo.repository import NoGitError, Run, check_git, make_repository
from operations.demo.stories import Commit, Story, read_stories

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = ("deny", "override", "warn")


def commit(days: int, files: dict[str, str], *, body: str | None = None, gone: str = "", **figures: object) -> Commit:
    return Commit(days * DAY, "m", files, tuple(gone.split()), body, figures)


X = (commit(8, {"x.ts": "1\n"}), commit(6, {"x.ts": "2\n"}, body="say more"))
STORIES = [
    Story(None, "main", "", "mira", "", "", (commit(9, {"a.ts": "1\n"}),)),
    Story(
        7,
        "feat/x",
        "X",
        "kim",
        "say",
        "merged",
        (commit(8, {"x.ts": "1\n"}), commit(6, {"x.ts": "2\n"}, body="say more")),
    ),
    Story(8, "feat/y", "Y", "noor", "", "", (commit(3, {"y/ü.ts": "another\n"}, gone="a.ts", coverage={"total": 1}),)),
]


def runs_in(folder: Path, now: datetime = NOW) -> list[Run]:
    return make_repository(folder, STORIES, now=now)


def test_runs_stand_in_the_order_of_time(tmp_path: Path) -> None:
    runs = runs_in(tmp_path / "shop")
    minutes = timedelta(minutes=4)
    assert [(run.number, datetime.fromisoformat(run.at), run.ends, run.newest) for run in runs] == [
        (7, NOW - 8 * DAY + minutes, "", False),
        (7, NOW - 6 * DAY + minutes, "merged", False),
        (None, NOW - 5 * DAY + minutes, "", False),
        (8, NOW - 3 * DAY + minutes, "", False),
        (8, NOW, "", True),
    ]
    assert [run.body for run in runs] == ["say", "say more", "", "", ""]


def test_each_run_is_about_what_its_branch_changes(tmp_path: Path) -> None:
    runs = runs_in(tmp_path / "shop")
    changes = [read_change(tmp_path / "shop", base=run.base, head=run.head).input["changed_files"] for run in runs]
    assert [[(file["path"], file["status"]) for file in files] for files in changes] == [
        [("x.ts", "added")],
        [("x.ts", "added")],
        [("x.ts", "added")],
        [("a.ts", "removed"), ("y/ü.ts", "added")],
        [("a.ts", "removed"), ("y/ü.ts", "added")],
    ]
    assert [run.figures for run in runs[-2:]] == [{"coverage": {"total": 1}}] * 2


def test_a_second_start_finds_the_same_commits(tmp_path: Path) -> None:
    assert runs_in(tmp_path / "shop") == runs_in(tmp_path / "shop", NOW + 5 * DAY)


def test_a_start_that_was_broken_off_begins_anew(tmp_path: Path) -> None:
    runs_in(tmp_path / "shop")
    (tmp_path / "shop" / ".git" / "runs.json").unlink()
    assert runs_in(tmp_path / "shop", NOW + DAY)[-1].at == (NOW + DAY).isoformat()


def test_whoever_starts_it_finds_an_ordinary_clone(tmp_path: Path) -> None:
    runs_in(tmp_path / "shop")
    status = subprocess.run(
        ["git", "status", "--short", "--branch"], cwd=tmp_path / "shop", capture_output=True, text=True
    )
    assert status.stdout == "## main\n"


def test_without_git_a_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoGitError, match=r"The demo needs git.*apt install git.*make demo REPORTS=folder"):
        check_git()


def test_our_stories_are_a_dozen_open_branches_and_a_past() -> None:
    stories = read_stories()
    numbers = [story.number for story in stories if story.number]
    assert len(set(numbers)) == len(numbers) == len(stories) - 1
    assert Counter(story.ends for story in stories if story.number) == {"": 12, "merged": 3, "closed": 1}
    assert len({story.author for story in stories}) >= 6
    assert max(story.commits[0].ago for story in stories if story.number) > 30 * DAY


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Evaluated]:
    """Our own repository, evaluated, and the folder that it is kept in."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, evaluate_repository(folder, now=NOW)


def test_our_branches_reach_from_spotless_to_terrible(evaluated: tuple[Path, Evaluated]) -> None:
    documents = [result.fields["data_compliance"] for result in evaluated[1].newest]
    findings = [
        [found for policy in document.values() for kind in KINDS for found in policy[kind]] for document in documents
    ]
    assert [bool(found) for found in findings].count(False) >= 3
    assert max(map(len, findings)) > 40
    assert len({finding["rule"] for found in findings for finding in found}) >= 20


def test_what_was_evaluated_is_told_again_word_for_word(evaluated: tuple[Path, Evaluated]) -> None:
    folder, first = evaluated
    assert evaluate_repository(folder, now=NOW + DAY) == first


def test_a_run_of_the_past_is_known_by_its_commit(evaluated: tuple[Path, Evaluated]) -> None:
    history = evaluated[1].history("acme/shop")
    assert {event["report"]["run_id"] for event in history} == {f"demo-{run.head[:16]}" for run, _ in evaluated[1].past}
    assert len({event["report"]["run_id"] for event in history}) == len(history)
    assert {event["report"]["repository"] for event in history} == {"acme/shop"}
    assert [event["at"] for event in history] == sorted(event["at"] for event in history)
