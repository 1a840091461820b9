"""Any history of a pull request leaves what the independent model says."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from compliance.readings import Finding
from compliance.reconcile import Coverage, Plan, Row, reconcile, status_when_live
from tests.compliance.model_of_reconcile import ModelOfPullRequest, Sighting

EPOCH = datetime(2026, 11, 23, tzinfo=UTC)
SOURCES, FILES, SEVERITIES = ["opa", "sarif"], ["a.py", "b.py", ""], ["BLOCK", "OVERRIDE", "WARNING"]
PACKAGES, RULES = ["api", "web", ""], ["R01", "R02", "UNATTRIBUTED"]
FINGERPRINTS = range(9)


def sighting(fingerprint: int, severity: str, file: str, line: int | None) -> Sighting:
    """Package and rule are part of the fingerprint: nine fingerprints are every pair."""
    package, rule_id = PACKAGES[fingerprint % 3], RULES[fingerprint // 3]
    return Sighting(f"{fingerprint:032x}", rule_id, package, severity, file, line)


def subset(values: list[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values))


SIGHTINGS = st.lists(
    st.builds(
        sighting,
        st.sampled_from(FINGERPRINTS),
        st.sampled_from(SEVERITIES),
        st.sampled_from(FILES),
        st.sampled_from([None, 1, 2]),
    ),
    unique_by=lambda found: found.fingerprint,
    max_size=6,
)
COVERAGES = st.builds(
    Coverage,
    packages=subset(PACKAGES[:2]),
    rules=subset(RULES),
    scope=st.sampled_from(["full", "diff"]),
    changed_files=subset(FILES[:2]),
)


class Store:
    """The rows of one source, written as a plan says."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.seen_by_run: dict[str, set[str]] = {}

    def take(self, run: str, findings: list[Finding], coverage: Coverage, at: datetime) -> None:
        """Reconcile and write; also when only those rows are read that a report can change."""
        seen_in_run = self.seen_by_run.setdefault(run, set())
        claimed = {finding.fingerprint for finding in findings}
        needed = [row for row in self.rows.values() if row.status != "RESOLVED" or row.fingerprint in claimed]
        plan = reconcile(needed, findings, coverage=coverage, seen_in_run=seen_in_run, at=at)
        assert plan == reconcile(self.rows.values(), findings, coverage=coverage, seen_in_run=seen_in_run, at=at)
        self._nothing_is_dropped(plan, findings)
        seen_in_run |= claimed
        self._write(plan, at)

    def put(self, row: Row) -> None:
        self.rows[row.fingerprint] = row

    def live(self) -> list[Row]:
        return [row for row in self.rows.values() if row.status != "RESOLVED"]

    def _write(self, plan: Plan, at: datetime) -> None:
        for found in plan.new:
            assert found.fingerprint not in self.rows
            self.put(stored(found))
        for row, found in [*plan.changed, *plan.reopened]:
            status = status_when_live(row, found.severity, at)
            after = refreshed(row, found)._replace(status=status, resolution="")
            assert after != row, "a row that did not change must not be written"
            self.put(after)
        for row in plan.resolved:
            self.put(row._replace(status="RESOLVED", resolution="FIXED"))

    def _nothing_is_dropped(self, plan: Plan, findings: Iterable[Finding]) -> None:
        assert len(plan.new) + plan.seen + len(plan.reopened) + plan.false_positives == len(list(findings))


def finding_of(seen: Sighting) -> Finding:
    assert isinstance(seen.fingerprint, str)
    return Finding(seen.fingerprint, seen.rule, seen.severity, seen.package, seen.file, seen.line, "no", {})


def stored(found: Finding) -> Row:
    return Row(
        id=found.fingerprint,
        fingerprint=found.fingerprint,
        status="OPEN",
        resolution="",
        rule=found.rule,
        package=found.package,
        severity=found.severity,
        file_path=found.file_path,
        line=found.line,
        message=found.message,
        context=found.context,
        override_until=None,
        override_severity="",
    )


def refreshed(row: Row, found: Finding) -> Row:
    return row._replace(severity=found.severity, file_path=found.file_path, line=found.line)


class Histories(RuleBasedStateMachine):
    """One pull request: reports of two sources, decisions and the code host, against the model."""

    @initialize()
    def begin(self) -> None:
        self.model = ModelOfPullRequest()
        self.stores = {source: Store() for source in SOURCES}
        self.now, self.commits, self.runs = EPOCH, 1, 1

    @rule(
        source=st.sampled_from(SOURCES),
        found=SIGHTINGS,
        coverage=COVERAGES,
        push=st.sampled_from([0, 0, 1]),
        behind=st.sampled_from([0, 0, 0, 1]),
        another_run=st.booleans(),
        delay=st.sampled_from([0, 0, 0, 2, -1, None]),
    )
    def report(
        self,
        source: str,
        found: list[Sighting],
        coverage: Coverage,
        push: int,
        behind: int,
        another_run: bool,
        delay: int | None,
    ) -> None:
        self.commits += push
        self.runs += another_run
        started = None if delay is None else EPOCH + timedelta(hours=self.runs - delay)
        self._post(source, found, coverage, f"commit {self.commits - behind}", started)

    @rule(source=st.sampled_from(SOURCES), hours=st.integers(0, 4))
    def the_same_again(self, source: str, hours: int) -> None:
        """Nothing but time differs, so cover that ran out has to be noticed by itself."""
        self.now += timedelta(hours=hours)
        self.runs += 1
        known = [self.model.known[key].sighting for key in sorted(self.model.live()) if key[0] == source]
        everything = Coverage(frozenset(PACKAGES), frozenset(RULES), "full", frozenset())
        self._post(source, known, everything, f"commit {self.commits}", EPOCH + timedelta(hours=self.runs))

    @rule(hours=st.integers(1, 3))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.model.live())
    @rule(choice=st.data(), hours=st.integers(1, 4))
    def an_override_is_approved(self, choice: st.DataObject, hours: int) -> None:
        source, row = self._a_live_row(choice)
        until = self.now + timedelta(hours=hours)
        self.model.cover(source, row.fingerprint, until, self.now)
        covered = row._replace(status="OVERRIDDEN", override_until=until, override_severity=row.severity)
        self.stores[source].put(covered)

    @precondition(lambda self: self.model.live())
    @rule(choice=st.data())
    def a_false_positive_is_approved(self, choice: st.DataObject) -> None:
        source, row = self._a_live_row(choice)
        self.model.call_false_positive(source, row.fingerprint)
        self.stores[source].put(row._replace(status="RESOLVED", resolution="FALSE_POSITIVE"))

    @precondition(lambda self: self.model.state == "open")
    @rule(kind=st.sampled_from(["CLOSED", "MERGED"]), for_good=st.sampled_from([False, False, False, True]))
    def it_ends(self, kind: str, for_good: bool) -> None:
        self.model.close(kind)
        for store in self.stores.values():
            for row in store.live():
                store.put(row._replace(status="RESOLVED", resolution=kind))
        if not for_good:
            self.it_reopens()

    @precondition(lambda self: self.model.state != "open")
    @rule()
    def it_reopens(self) -> None:
        self.model.reopen(self.now)
        for store in self.stores.values():
            for row in [row for row in store.rows.values() if row.resolution == "CLOSED"]:
                status = status_when_live(row, row.severity, self.now)
                store.put(row._replace(status=status, resolution=""))

    @invariant()
    def exactly_what_the_model_says_is_live(self) -> None:
        stored_live = {(source, row.fingerprint) for source, store in self.stores.items() for row in store.live()}
        assert stored_live == self.model.live()

    @invariant()
    def every_row_is_as_the_model_says(self) -> None:
        rows = {(source, row.fingerprint): row for source, store in self.stores.items() for row in store.rows.values()}
        assert rows.keys() == self.model.known.keys()
        for (source, fingerprint), row in rows.items():
            assert row.status == self.model.status(source, fingerprint)
            assert row.resolution == self.model.resolution(source, fingerprint)
            if row.status != "RESOLVED":
                last_seen = self.model.known[source, fingerprint].sighting
                assert (row.severity, row.file_path, row.line) == (last_seen.severity, last_seen.file, last_seen.line)

    def _post(
        self, source: str, found: list[Sighting], coverage: Coverage, commit: str, started: datetime | None
    ) -> None:
        run = f"run {self.runs}"
        superseded = self.model.apply_report(source, run, found, *coverage, commit=commit, started=started, at=self.now)
        if not superseded:
            self.stores[source].take(run, [finding_of(seen) for seen in found], coverage, self.now)

    def _a_live_row(self, choice: st.DataObject) -> tuple[str, Row]:
        live = [(source, row) for source, store in self.stores.items() for row in store.live()]
        live.sort(key=lambda pair: (pair[0], pair[1].fingerprint))
        return live[choice.draw(st.integers(0, len(live) - 1))]


TestAnyHistoryLeavesWhatTheModelSays = Histories.TestCase
TestAnyHistoryLeavesWhatTheModelSays.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
