"""The demo's pure parts: what it makes of files, what it keeps, what it tells."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from operations.demo.children import pause_before_restart
from operations.demo.credentials import load_credentials
from operations.demo.posting import Outcome, Target
from operations.demo.reports import Result, UnreadableError, read_result, report_body, result_files
from operations.demo.site import DemoError, check_port
from operations.demo.telling import Addresses, demo_facts, verdict_table, write_facts

DOCUMENT = {
    "changed_files": ["src/a.ts"],
    "commit_sha": "9f2c1e7",
    "data_compliance": {"security": {"deny": []}},
    "date": "2026-11-23T09:00:00+01:00",
    "pr_number": 7,
    "title": "Add basket",
}


def a_result(folder: Path, name: str = "7.json", **fields: object) -> Result:
    path = folder / name
    path.write_text(json.dumps({**DOCUMENT, **fields}))
    return read_result(path)


def test_a_report_holds_what_ci_knows(tmp_path: Path) -> None:
    result = a_result(tmp_path)
    run = f"demo-{result.digest[:16]}"
    assert json.loads(report_body(result, repository="acme/shop")) == {
        "repository": "acme/shop",
        "pr_number": 7,
        "commit_sha": "9f2c1e7",
        "branch": "pull/7",
        "base_branch": "main",
        "title": "Add basket",
        "url": "https://git.example.com/acme/shop/pull/7",
        "run_id": run,
        "run_url": f"https://ci.example.com/acme/shop/runs/{run}",
        "run_started_at": "2026-11-23T09:00:00+01:00",
        "changed_files": ["src/a.ts"],
        "format": "opa",
        "results": {"security": {"deny": []}},
    }


def test_a_push_without_pull_request_is_about_the_default_branch(tmp_path: Path) -> None:
    body = json.loads(report_body(a_result(tmp_path, pr_number=None), repository="acme/shop"))
    assert (body["pr_number"], body["branch"], "url" in body) == (None, "main", False)


def test_the_same_file_is_the_same_run_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "moved").mkdir()
    bodies = {
        report_body(result, repository="acme/shop")
        for result in (a_result(tmp_path), a_result(tmp_path / "moved", "x.json"))
    }
    assert len(bodies) == 1


def test_another_content_is_another_run(tmp_path: Path) -> None:
    results = [a_result(tmp_path), a_result(tmp_path, title="Add baskets")]
    runs = {json.loads(report_body(result, repository="acme/shop"))["run_id"] for result in results}
    assert len(runs) == 2


@pytest.mark.parametrize("date", [None, "yesterday", "2026-11-23T09:00:00"])
def test_a_date_that_is_no_moment_is_left_out(tmp_path: Path, date: str | None) -> None:
    assert "run_started_at" not in json.loads(report_body(a_result(tmp_path, date=date), repository="acme/shop"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{", "no JSON that can be read"),
        (b"\xff", "no JSON that can be read"),
        (b"[" * 100_000, "no JSON that can be read"),
        (b"[]", "not a JSON object"),
        (b'{"data_compliance": {}}', "no commit_sha"),
        (b'{"commit_sha": "9f2c1e7", "data_compliance": []}', "no data_compliance"),
        (b'{"commit_sha": "9f2c1e7", "data_compliance": {}, "pr_number": "7"}', "pr_number is neither"),
    ],
)
def test_a_file_that_holds_no_result_says_why(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=complaint):
        read_result(path)


def test_a_folder_of_reports_must_hold_some(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"no \*\.json files in it"):
        result_files(tmp_path)
    with pytest.raises(UnreadableError, match="no such file or directory"):
        result_files(tmp_path / "missing")


def test_credentials_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = load_credentials(path)
    assert load_credentials(path) == made
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_two_credentials_are_alike(tmp_path: Path) -> None:
    made = load_credentials(tmp_path / "secrets.json")
    people = [made["public"], *(user for tenant in made["tenants"].values() for user in tenant["users"].values())]
    tokens = [tenant["ci_token"] for tenant in made["tenants"].values()]
    assert len({person["password"] for person in people} | set(tokens)) == len(people) + len(tokens) == 9
    assert [(token[:4], len(token)) for token in tokens] == [("fct_", 47), ("fct_", 47)]


def test_demo_json_tells_all_that_a_script_needs(tmp_path: Path) -> None:
    user: dict[str, Any] = {"username": "viewer", "password": "p"}
    credentials = {
        "secret_key": "s",
        "public": {"username": "operator", "password": "o"},
        "tenants": {"acme": {"ci_token": "fct_a", "users": {"compliance_viewer": user}}},
    }
    facts = demo_facts(credentials, port=8000, addresses=Addresses("login", "owner", "redis"), pids={"web": 1})
    write_facts(tmp_path / "demo.json", facts)
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "demo.json").read_text()) == {
        "public": {"url": "http://localhost:8000", "username": "operator", "password": "o"},
        "tenants": {
            "acme": {
                "url": "http://acme.localhost:8000",
                "host": "acme.localhost:8000",
                "ci_token": "fct_a",
                "users": {"compliance_viewer": user},
            }
        },
        "database_url": "login",
        "owner_database_url": "owner",
        "redis_url": "redis",
        "pids": {"web": 1},
    }


def test_the_verdicts_stand_in_a_table(tmp_path: Path) -> None:
    target = Target("acme", 8000, "fct_a")
    answer = {"verdict": "BLOCKED", "score": 71, "block_count": 2, "override_count": 3, "warning_count": 0}
    outcomes = [
        Outcome(target, a_result(tmp_path, pr_number=12), error="422 wrong"),
        Outcome(target, a_result(tmp_path), duplicate=True, answer=answer),
    ]
    assert verdict_table(outcomes) == [
        "  pull request  verdict  score  block  override  warning  title",
        "  acme/shop#7   BLOCKED     71      2         3        0  Add basket (posted before)",
        "  acme/shop#12  ERROR                                     7.json: 422 wrong",
    ]


def test_a_port_in_use_is_refused_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"Port {port} is in use. Choose another one: make demo PORT={port + 1}"):
            check_port(port)


def test_a_process_that_keeps_dying_is_restarted_ever_later() -> None:
    assert [pause_before_restart(deaths) for deaths in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]
