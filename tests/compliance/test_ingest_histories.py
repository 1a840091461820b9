"""Any history of reports, through the inbox's services and the real database, leaves what the model says."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from compliance.choices import PullState
from compliance.models import PullRequest, RuleState, Transition, Violation
from compliance.services import covering
from compliance.services.covering import Cover
from compliance.services.pulls import set_state
from tests import factories
from tests.compliance.model_of_reconcile import ModelOfPullRequest, Sighting

pytestmark = pytest.mark.long

EPOCH = datetime(2026, 11, 1, tzinfo=UTC)
FILES = ["src/a.ts", "src/b.ts", ""]
PACKAGES = {"security": "R01", "quality": "R16"}
LISTED = ["R07", "R08"]
FINDINGS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["BLOCK", "OVERRIDE", "WARNING"]),
        st.sampled_from(FILES),
        st.sampled_from([None, 7]),
    ),
    unique_by=lambda found: found[0] % 3,
    max_size=4,
)


class DatabaseHistories(RuleBasedStateMachine):
    """One pull request under reports of an OPA pack and of checks posted one by one."""

    @initialize()
    def begin(self) -> None:
        self.undo = ExitStack()
        self.undo.enter_context(transaction.atomic())
        self.undo.callback(transaction.set_rollback, True)
        self.model = ModelOfPullRequest()
        self.now, self.commits, self.runs, self.parts = EPOCH, 1, 1, 0

    def teardown(self) -> None:
        self.undo.close()

    @rule(
        found=FINDINGS,
        spoken=st.sets(st.sampled_from(sorted(PACKAGES)), min_size=1),
        scope=st.sampled_from(["full", "diff"]),
        touched=st.sets(st.sampled_from(FILES[:2])),
        turn=st.sampled_from(["push", "again", "again", "behind"]),
        delay=st.sampled_from([0, 0, 0, 3, -1, None]),
    )
    def opa_reports(
        self, found: list[Any], spoken: set[str], scope: str, touched: set[str], turn: str, delay: int | None
    ) -> None:
        self.runs += 1
        self.commits += turn == "push"
        packages = sorted(PACKAGES)
        sightings = [
            self._sighting(n, PACKAGES[packages[n % 2]], packages[n % 2], severity, file, line)
            for n, severity, file, line in found
        ]
        documents: dict[str, Any] = {package: {"deny": []} for package in sorted(spoken)}
        for seen in sightings:
            documents.setdefault(seen.package, {"deny": []})["deny"].append(self._entry(seen))
        started = None if delay is None else self.now - timedelta(minutes=delay)
        self._post(
            sightings,
            documents,
            "opa",
            packages=set(documents),
            scope=scope,
            touched=touched,
            turn=turn,
            started=started,
        )

    @rule(found=FINDINGS, passed=st.sets(st.sampled_from(LISTED)), another_run=st.booleans())
    def checks_are_posted(self, found: list[Any], passed: set[str], another_run: bool) -> None:
        self.runs += another_run
        sightings = [
            self._sighting(n + 10, LISTED[n % 2], "", severity, file, line) for n, severity, file, line in found
        ]
        results = [{"rule_id": rule_id, "status": "PASS"} for rule_id in sorted(passed)]
        results += [{"status": "VIOLATION", **self._entry(seen)} for seen in sightings]
        if not results:
            return
        listed = passed | {seen.rule for seen in sightings}
        self._post(sightings, results, "checks", rules=listed, started=None)

    @rule(hours=st.integers(1, 3))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.model.live())
    @rule(choice=st.data(), hours=st.integers(1, 4))
    def an_override_is_approved(self, choice: st.DataObject, hours: int) -> None:
        violation = self._a_live_violation(choice)
        until = self.now + timedelta(hours=hours)
        self.now += timedelta(seconds=1)
        self.model.cover(violation.source, violation.message, until, self.now)
        cover = Cover(violation.pk, until, violation.severity, "agreed", "kim")
        covering.cover(PullRequest.objects.get(), [cover], at=self.now)
        self._counters_agree(self.now)

    @precondition(lambda self: any(known.cover for known in self.model.known.values()))
    @rule(choice=st.data())
    def an_override_is_revoked(self, choice: st.DataObject) -> None:
        self.now += timedelta(seconds=1)
        violation = self._one_of(Violation.objects.exclude(override_until=None), choice)
        self.model.uncover(violation.source, violation.message, self.now)
        covering.uncover(PullRequest.objects.get(), [violation.pk], at=self.now)
        self._counters_agree(self.now)

    @precondition(lambda self: self.model.live())
    @rule(choice=st.data())
    def a_false_positive_is_approved(self, choice: st.DataObject) -> None:
        self.now += timedelta(seconds=1)
        violation = self._a_live_violation(choice)
        self.model.call_false_positive(violation.source, violation.message)
        covering.mark_false_positive(PullRequest.objects.get(), [violation.pk], by="kim", at=self.now)
        self._counters_agree(self.now)

    @precondition(lambda self: any(known.resolution == "FALSE_POSITIVE" for known in self.model.known.values()))
    @rule(choice=st.data())
    def a_false_positive_is_revoked(self, choice: st.DataObject) -> None:
        self.now += timedelta(seconds=1)
        violation = self._one_of(Violation.objects.filter(resolution="FALSE_POSITIVE"), choice)
        self.model.reinstate(violation.source, violation.message, self.now)
        covering.restore(PullRequest.objects.get(), [violation.pk], at=self.now)
        self._counters_agree(self.now)

    @precondition(lambda self: self.model.known and self.model.state == "open")
    @rule(kind=st.sampled_from(["CLOSED", "CLOSED", "MERGED"]), comes_back=st.booleans())
    def it_ends(self, kind: str, comes_back: bool) -> None:
        self.now += timedelta(seconds=1)
        self.model.close(kind)
        self._set_state(kind.lower())
        if comes_back and kind == "CLOSED":
            self.it_reopens()

    @precondition(lambda self: self.model.state == "closed")
    @rule()
    def it_reopens(self) -> None:
        self.now += timedelta(seconds=1)
        self.model.reopen(self.now)
        self._set_state("open")

    @invariant()
    def every_row_is_as_the_model_says(self) -> None:
        stored = {
            (violation.source, violation.message): (violation.status, violation.resolution, violation.severity)
            for violation in Violation.objects.all()
        }
        assert stored.keys() == self.model.known.keys()
        assert all(self._agrees(key, row) for key, row in stored.items())
        assert len(stored) == Violation.objects.count()

    @invariant()
    def the_newest_transition_of_each_row_ends_where_it_stands(self) -> None:
        for violation in Violation.objects.all():
            newest = Transition.objects.filter(violation=violation).order_by("-at").values_list("to_status", flat=True)
            assert newest[0] == violation.status

    def _agrees(self, key: tuple[str, Any], row: tuple[str, str, str]) -> bool:
        known = self.model.known[key]
        status, resolution, severity = row
        return (status, resolution) == (known.status, known.resolution) and (
            status == "RESOLVED" or severity == known.sighting.severity
        )

    def _sighting(self, n: int, rule_id: str, package: str, severity: str, file: str, line: int | None) -> Sighting:
        # The file of an object is part of its fingerprint, so it follows from the finding's number.
        return Sighting(f"finding {n}", rule_id, package, severity, FILES[n % 3], line)

    def _entry(self, seen: Sighting) -> dict[str, Any]:
        place = {"file_path": seen.file, "line_number": seen.line}
        return {"rule_id": seen.rule, "severity": seen.severity, "message": seen.fingerprint, **place}

    def _post(
        self,
        sightings: list[Sighting],
        results: Any,
        source: str,
        *,
        packages: set[str] = frozenset(),  # type: ignore[assignment]
        rules: set[str] = frozenset(),  # type: ignore[assignment]
        scope: str = "full",
        touched: set[str] = frozenset(),  # type: ignore[assignment]
        turn: str = "again",
        started: datetime | None,
    ) -> None:
        self.now += timedelta(seconds=1)
        self.parts += 1
        commit = f"commit-{self.commits - (turn == 'behind')}"
        superseded = self.model.apply_report(
            source,
            f"run-{self.runs}",
            sightings,
            packages,
            rules,
            scope,
            touched,
            commit=commit,
            started=started,
            at=self.now,
        )
        body = factories.report(
            run_id=f"run-{self.runs}",
            commit_sha=commit,
            format=source,
            results=results,
            scope=scope,
            changed_files=sorted(touched),
            run_started_at=started and started.isoformat(),
        )
        evaluation = factories.judge(body, part=str(self.parts), at=self.now)
        assert evaluation.superseded == superseded
        if not superseded:
            self._counters_agree(evaluation.created_at)

    def _counters_agree(self, at: datetime) -> None:
        """Rule states are those of the rows, and so are the pull request's counters until it ends and freezes them."""
        pull = PullRequest.objects.get()
        states = RuleState.objects.filter(pull_request=pull)
        for name, where in _counted():
            live = Violation.objects.live().filter(where)
            by_rule = dict(live.order_by().values_list("rule").annotate(Count("pk")))
            stored: dict[str, int] = {}
            for rule_id, count in states.values_list("rule", name):
                stored[rule_id] = stored.get(rule_id, 0) + count
            assert {rule_id: count for rule_id, count in stored.items() if count} == by_rule
            assert pull.state != "open" or getattr(pull, name) == sum(by_rule.values())

    def _set_state(self, state: str) -> None:
        set_state(PullRequest.objects.get().pk, state=PullState(state), by="test", at=self.now)

    def _a_live_violation(self, choice: st.DataObject) -> Violation:
        return self._one_of(Violation.objects.live(), choice)

    def _one_of(self, violations: QuerySet[Violation], choice: st.DataObject) -> Violation:
        found = list(violations.order_by("source", "message"))
        return found[choice.draw(st.integers(0, len(found) - 1))]


def _counted() -> Iterator[tuple[str, Q]]:
    for severity in ("BLOCK", "OVERRIDE", "WARNING"):
        yield f"{severity.lower()}_count", Q(severity=severity)
        yield f"open_{severity.lower()}_count", Q(severity=severity, status="OPEN")


@pytest.mark.django_db
def test_any_history_leaves_what_the_model_says() -> None:
    run_state_machine_as_test(
        DatabaseHistories,
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
