"""What CI would have said of the sample repository's branches, then and now, by the policies that ship."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from compliance.evaluation.changes import Words, read_change
from compliance.evaluation.engine import evaluate
from compliance.evaluation.pack import own_pack
from operations.demo.reports import Result, report_body
from operations.demo.repository import Run, make_repository
from operations.demo.stories import read_stories
from operations.processes import write_private


class Evaluated(NamedTuple):
    """The sample repository, evaluated."""

    newest: Sequence[Result]
    """Of the open pull requests: what CI posts now, in the order of their numbers."""
    past: Sequence[tuple[Run, Result]]
    """What it posted in the weeks before, in the order of time."""

    def history(self, repository: str) -> list[dict[str, Any]]:
        """The past as ``manage.py replay_demo`` reads it, told of this repository."""
        return [
            {
                "at": run.at,
                "report": json.loads(report_body(result, repository=repository)),
                "ends": run.ends,
                "ended_at": run.ended_at,
            }
            for run, result in self.past
        ]


def evaluate_repository(data: Path, *, now: datetime) -> Evaluated:
    """Make the sample repository in ``data`` and evaluate every run; what was evaluated before is kept."""
    repository, pack = data / "shop", own_pack()
    runs = make_repository(repository, read_stories(), now=now)
    kept = data / f"evaluated-{pack.revision}.json"
    if not kept.exists():
        write_private(kept, json.dumps(list(_all(repository, runs, pack.revision))))
    results = [_result(fields) for fields in json.loads(kept.read_text(encoding="utf-8"))]
    pairs = list(zip(runs, results, strict=True))
    newest = sorted((result for run, result in pairs if run.newest), key=lambda result: result.pr_number or 0)
    return Evaluated(newest, [(run, result) for run, result in pairs if not run.newest])


def _all(repository: Path, runs: Sequence[Run], revision: str) -> Iterator[dict[str, Any]]:
    """A commit that CI looks at once more is evaluated once."""
    before: dict[tuple[str, ...], dict[str, Any]] = {}
    for run in runs:
        seen = (run.base, run.head, run.body)
        if seen not in before:
            before[seen] = _evaluated(repository, run, revision)
        # The past is the same under other policies; what is posted now is evaluated by the present ones.
        yield {**before[seen], "date": run.at, "run_id": "" if run.newest else f"demo-{run.head[:16]}"}


def _evaluated(repository: Path, run: Run, revision: str) -> dict[str, Any]:
    words = Words(run.title, run.body, run.number, run.author)
    change = read_change(repository, base=run.base, head=run.head, words=words)
    return {
        "pr_number": run.number,
        "commit_sha": run.head,
        "branch": run.branch,
        "title": run.title,
        "description": run.body,
        "author": run.author,
        "changed_files": change.paths,
        "policy_revision": revision,
        "data_compliance": evaluate({**change.input, **run.figures}),
    }


def _result(fields: Mapping[str, Any]) -> Result:
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    return Result(f"{fields['branch']} {fields['commit_sha'][:12]}", digest, fields)
