"""From the life of a pull request to its rows."""

from collections.abc import Callable
from datetime import datetime
from random import Random

from compliance.choices import PullState, Severity, Status
from compliance.models import (
    Check,
    Evaluation,
    PullRequest,
    RuleState,
    Transition,
    Violation,
)
from compliance.score import Counts
from compliance.verdict import Terms
from operations.scale.lines import Lines
from operations.scale.lives import (
    COVER,
    RESOLUTIONS,
    Found,
    KnownRule,
    Life,
    changes_of,
    counts_of,
    covered_by,
    judgement,
    left_by,
    outcome,
)
from operations.scale.requests import APPROVER, REASON, add_requests
from operations.scale.skew import Keys

SOURCE = "opa"
_MESSAGES = (
    "{word} [{rule}]: {file} breaks the rule in place {place}. Add the missing part and cover it with a test.",
    "{word} [{rule}]: {file} does not do what the rule asks for; see the example in its remediation.",
    "{word} [{rule}]: {file} needs another look before this can be merged.",
)
_WORDS = {Severity.BLOCK: "HARD STOP", Severity.OVERRIDE: "OVERRIDE REQUIRED", Severity.WARNING: "WARNING"}
_COUNTS = ("block_count", "override_count", "warning_count")


class Writer:
    """Writes lives."""

    def __init__(self, random: Random, keys: Keys, rules: list[KnownRule], file_of: Callable[[int], str], terms: Terms):
        self.lines, self._random, self._keys, self._terms = Lines(), random, keys, terms
        self._rules, self._file_of = rules, file_of

    def add(self, life: Life, *, repository: int, number: int | None, author: str, at: datetime) -> None:
        """Everything that is stored of one pull request."""
        began = life.reports[0]
        pull = self._keys.at(began)
        commits = [f"{self._random.getrandbits(160):040x}" for _ in life.reports]
        evaluations = [self._keys.at(moment) for moment in life.reports]
        prints = {id(one): f"{self._random.getrandbits(128):032x}" for one in life.found}
        self._add_evaluations(life, pull, evaluations, commits, prints)
        violations = {id(one): self._keys.at(life.reports[one.first]) for one in life.found}
        for one in life.found:
            self._add_violation(life, one, violations[id(one)], pull, repository, evaluations, commits, prints[id(one)])
        self._add_states(life, pull, commits[-1])
        self._add_pull(life, pull, repository, number, author, commits[-1])
        add_requests(life, pull, violations, author, at, lines=self.lines, keys=self._keys, file_of=self._file_of)

    def _add_evaluations(
        self, life: Life, pull: str, keys: list[str], commits: list[str], prints: dict[int, str]
    ) -> None:
        came, seen, went = ([0] * len(keys) for _ in range(3))
        named: list[list[str]] = [[] for _ in keys]
        for one in life.found:
            came[one.first] += 1
            if one.back is not None:
                came[one.back] += 1
            if one.gone is not None:
                went[one.gone] += 1
            for number in range(one.first, len(keys)):
                if one.lives_after(number):
                    named[number].append(prints[id(one)])
        for number, moment in enumerate(life.reports):
            tally, covered = life.tallies[number], life.covered[number]
            seen[number] = len(named[number]) - came[number]
            self.lines.add(
                Evaluation,
                id=keys[number],
                pull_request_id=pull,
                commit_sha=commits[number],
                source=SOURCE,
                run_id=f"{pull[:12]}-{number}",
                run_started_at=moment,
                opa_version="1.10.1",
                duration_ms=self._random.randint(4, 90),
                **dict(zip(_COUNTS, counts_of(tally), strict=True)),
                new_count=came[number],
                seen_count=seen[number],
                resolved_count=went[number],
                score=life.judgements[number].score,
                verdict=life.judgements[number].verdict.value,
                was_head=True,
                fingerprints=bytes.fromhex("".join(named[number])),
                created_at=moment,
            )
            for rule in self._rules:
                live_now = sum(tally[rule.id, severity] for severity in Severity)
                excused = sum(covered[rule.id, severity] for severity in Severity)
                self.lines.add(
                    Check,
                    id=self._keys.at(moment),
                    evaluation_id=keys[number],
                    rule_id=rule.id,
                    outcome=outcome(live_now, excused).value,
                    count=live_now,
                )

    def _add_violation(
        self,
        life: Life,
        one: Found,
        key: str,
        pull: str,
        repository: int,
        evaluations: list[str],
        commits: list[str],
        fingerprint: str,
    ) -> None:
        changes = changes_of(life, one)
        newest = changes[-1]
        gone = newest.after == Status.RESOLVED
        file, place = self._file_of(one.file), self._random.randint(1, 400)
        message = _MESSAGES[place % len(_MESSAGES)]
        cover = life.cover_at if one.covered else None
        seen = one.back if one.back is not None else one.first
        self.lines.add(
            Violation,
            id=key,
            pull_request_id=pull,
            repository_id=repository,
            rule_id=one.rule.id,
            source=SOURCE,
            package=one.rule.package,
            severity=one.severity,
            status=newest.after,
            resolution=RESOLUTIONS[Transition.Cause(newest.cause)].value if gone else "",
            file_path=file,
            line=place,
            message=message.format(word=_WORDS[Severity(one.severity)], rule=one.rule.id, file=file, place=place),
            fingerprint=fingerprint,
            commit_sha=commits[seen],
            first_seen=life.reports[one.first],
            last_seen=life.reports[one.gone - 1 if one.gone is not None and one.back is None else seen],
            resolved_at=newest.at if gone else None,
            resolved_by=f"{SOURCE} run" if gone else "",
            override_reason=REASON if cover else "",
            override_approved_by=APPROVER if cover else "",
            override_until=cover + COVER if cover else None,
            override_severity=one.severity if cover else "",
        )
        for change in changes:
            self.lines.add(
                Transition,
                id=self._keys.at(change.at),
                violation_id=key,
                at=change.at,
                from_status=change.before,
                to_status=change.after,
                cause=str(change.cause),
                evaluation_id=None if change.report is None else evaluations[change.report],
            )

    def _add_states(self, life: Life, pull: str, commit: str) -> None:
        last, opened = life.reports[-1], life.state == PullState.OPEN
        left, covered = left_by(life), covered_by(life)
        for rule in self._rules:
            live_now = Counts(*(left[rule.id, severity] if opened else 0 for severity in Severity))
            still = [
                whole - (covered[rule.id, severity] if opened else 0)
                for whole, severity in zip(live_now, Severity, strict=True)
            ]
            seen = [
                moment
                for moment, tally in zip(life.reports, life.tallies, strict=True)
                if any(tally[rule.id, severity] for severity in Severity)
            ]
            self.lines.add(
                RuleState,
                pull_request_id=pull,
                source=SOURCE,
                package=rule.package,
                rule_id=rule.id,
                **dict(zip(_COUNTS, live_now, strict=True)),
                **dict(zip((f"open_{name}" for name in _COUNTS), still, strict=True)),
                commit_sha=commit,
                judged_at=last,
                run_started_at=last,
                last_seen=seen[-1] if seen else None,
            )

    def _add_pull(self, life: Life, pull: str, repository: int, number: int | None, author: str, commit: str) -> None:
        covered = counts_of(covered_by(life))
        until = life.cover_at + COVER if life.cover_at and any(covered) else None
        counts = counts_of(left_by(life))
        said = judgement(counts, covered, self._terms, until=until)
        still = Counts(*(whole - part for whole, part in zip(counts, covered, strict=True)))
        self.lines.add(
            PullRequest,
            id=pull,
            repository_id=repository,
            number=number,
            branch="main" if number is None else f"change-{number}",
            base_branch="" if number is None else "main",
            title="" if number is None else f"Change {number}",
            author=author,
            state=life.state.value,
            head_sha=commit,
            head_started_at=life.reports[-1],
            **dict(zip(_COUNTS, counts, strict=True)),
            **dict(zip((f"open_{name}" for name in _COUNTS), still, strict=True)),
            score=said.score,
            open_score=said.open_score,
            verdict=said.verdict.value,
            verdict_until=until,
            reward_score=round(self._random.uniform(-5, 20), 1),
            last_checked=life.reports[-1],
            created_at=life.reports[0],
        )
