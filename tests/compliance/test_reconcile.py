"""Each sentence of the rules on reconciling, one at a time. Whole histories: test_reconcile_histories.py."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from compliance.choices import UNATTRIBUTED
from compliance.readings import Finding
from compliance.reconcile import Coverage, Plan, Row, covered, reconcile, status_when_live

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
ONE, TWO = f"{1:032x}", f"{2:032x}"
RESOLVED: dict[str, Any] = {"status": "RESOLVED", "resolution": "FIXED"}
COVERED: dict[str, Any] = {"status": "OVERRIDDEN", "override_until": LATER, "override_severity": "BLOCK"}
NOTHING = Plan()


def row(**differing: Any) -> Row:
    """A live row of package ``api``, rule R01, in a.py."""
    usual = Row(
        id=f"{101:032x}",
        fingerprint=ONE,
        status="OPEN",
        resolution="",
        rule="R01",
        package="api",
        severity="BLOCK",
        file_path="a.py",
        line=7,
        message="no",
        context={"why": ["this"]},
        override_until=None,
        override_severity="",
    )
    return usual._replace(**differing)


def finding(**differing: Any) -> Finding:
    """What was found, exactly as ``row()`` stores it."""
    return Finding(ONE, "R01", "BLOCK", "api", "a.py", 7, "no", {"why": ["this"]})._replace(**differing)


def about(*packages: str, rules: tuple[str, ...] = (), diff: tuple[str, ...] | None = None) -> Coverage:
    """Coverage of packages and rules; ``diff`` are the touched files."""
    scope = "full" if diff is None else "diff"
    return Coverage(frozenset(packages), frozenset(rules), scope, frozenset(diff or ()))


def plan(rows: list[Row], findings: list[Finding], coverage: Coverage | None = None, **more: Any) -> Plan:
    return reconcile(rows, findings, coverage=coverage or about("api"), at=NOW, **more)


def test_an_unseen_fingerprint_is_new() -> None:
    assert plan([row()], [finding(), finding(fingerprint=TWO)]) == Plan(new=[finding(fingerprint=TWO)], seen=1)


def test_what_is_new_keeps_the_reports_order() -> None:
    findings = [finding(fingerprint=f"{number:032x}") for number in (9, 3, 6)]
    assert plan([], findings) == Plan(new=findings)


def test_what_is_the_same_is_seen_and_not_written() -> None:
    assert plan([row()], [finding()]) == Plan(seen=1)


@pytest.mark.parametrize(
    "difference",
    [{"severity": "WARNING"}, {"file_path": "b.py"}, {"line": 8}, {"line": None}, {"message": "no!"}, {"context": {}}],
)
def test_a_seen_violation_is_refreshed_where_it_differs(difference: dict[str, Any]) -> None:
    assert plan([row()], [finding(**difference)]) == Plan(changed=[(row(), finding(**difference))], seen=1)


@pytest.mark.parametrize("resolution", ["FIXED", "CLOSED", "MERGED"])
def test_a_returning_fingerprint_reopens_its_violation(resolution: str) -> None:
    gone = row(status="RESOLVED", resolution=resolution)
    assert plan([gone], [finding()]) == Plan(reopened=[(gone, finding())])


def test_a_false_positive_stays_one() -> None:
    false = row(status="RESOLVED", resolution="FALSE_POSITIVE")
    assert plan([false], [finding(severity="WARNING")]) == Plan(false_positives=1)


def test_an_absent_false_positive_is_not_counted() -> None:
    assert plan([row(status="RESOLVED", resolution="FALSE_POSITIVE")], []) == NOTHING


def test_what_is_resolved_and_absent_stays_so() -> None:
    assert plan([row(**RESOLVED)], []) == NOTHING


@pytest.mark.parametrize("differing", [{}, COVERED])
def test_an_absent_violation_of_a_package_spoken_about_is_fixed(differing: dict[str, Any]) -> None:
    assert plan([row(**differing)], []) == Plan(resolved=[row(**differing)])


def test_an_absent_violation_of_another_package_stays() -> None:
    assert plan([row(package="web")], []) == NOTHING


def test_an_unattributed_violation_goes_with_its_package() -> None:
    stray = row(rule=UNATTRIBUTED)
    assert plan([stray], [], about("api")) == Plan(resolved=[stray])


def test_an_absent_violation_of_a_listed_rule_is_fixed() -> None:
    assert plan([row(package="")], [], about(rules=("R01",))) == Plan(resolved=[row(package="")])


def test_an_absent_violation_of_a_rule_not_listed_stays() -> None:
    assert plan([row(package="")], [], about(rules=("R02",))) == NOTHING


@pytest.mark.parametrize(("listed", "goes"), [("R01", False), (UNATTRIBUTED, True)])
def test_an_unattributed_violation_goes_when_unknown_rules_are_listed(listed: str, goes: bool) -> None:
    stray = row(rule=UNATTRIBUTED, package="")
    assert plan([stray], [], about(rules=(listed,))).resolved == [stray] * goes


@pytest.mark.parametrize(("touched", "goes"), [(("a.py", "b.py"), True), (("b.py",), False), ((), False)])
def test_under_diff_only_touched_files_are_fixed(touched: tuple[str, ...], goes: bool) -> None:
    assert plan([row()], [], about("api", diff=touched)).resolved == [row()] * goes


def test_under_diff_a_touched_file_of_another_package_stays() -> None:
    assert plan([row(package="web")], [], about("api", diff=("a.py",))) == NOTHING


def test_under_diff_a_violation_without_a_file_stays() -> None:
    assert plan([row(file_path="")], [], about("api", diff=("a.py",))) == NOTHING


def test_under_full_the_changed_files_do_not_matter() -> None:
    coverage = about("api")._replace(changed_files=frozenset({"b.py"}))
    assert plan([row()], [], coverage).resolved == [row()]


def test_absence_resolves_nothing_that_another_report_of_the_run_saw() -> None:
    other = row(fingerprint=TWO)
    assert plan([row(), other], [], seen_in_run={ONE}) == Plan(resolved=[other])


def test_cover_that_holds_changes_nothing() -> None:
    assert plan([row(**COVERED)], [finding()]) == Plan(seen=1)


@pytest.mark.parametrize(
    ("stored", "severity", "status"),
    [
        (COVERED | {"override_until": EARLIER}, "BLOCK", "OPEN"),
        (COVERED | {"override_severity": "WARNING", "severity": "WARNING"}, "OVERRIDE", "OPEN"),
        (COVERED | {"status": "OPEN"}, "BLOCK", "OVERRIDDEN"),
    ],
    ids=["expired", "graver", "holds again"],
)
def test_cover_that_comes_or_goes_changes_the_status(stored: dict[str, Any], severity: str, status: str) -> None:
    before, seen = row(**stored), finding(severity=severity)
    assert plan([before], [seen]) == Plan(changed=[(before, seen)], seen=1)
    assert status_when_live(before, severity, NOW) == status


@pytest.mark.parametrize(("until", "status"), [(LATER, "OVERRIDDEN"), (EARLIER, "OPEN"), (None, "OPEN")])
def test_a_returning_violation_is_as_covered_as_its_approval_still_holds(until: datetime | None, status: str) -> None:
    back = row(**RESOLVED, override_until=until, override_severity="BLOCK" if until else "")
    assert plan([back], [finding()]).reopened == [(back, finding())]
    assert status_when_live(back, "BLOCK", NOW) == status


@pytest.mark.parametrize(
    ("approved", "severity", "holds"),
    [
        ("BLOCK", "BLOCK", True),
        ("BLOCK", "OVERRIDE", True),
        ("BLOCK", "WARNING", True),
        ("OVERRIDE", "BLOCK", False),
        ("OVERRIDE", "OVERRIDE", True),
        ("OVERRIDE", "WARNING", True),
        ("WARNING", "BLOCK", False),
        ("WARNING", "OVERRIDE", False),
        ("WARNING", "WARNING", True),
        ("", "WARNING", False),
    ],
)
def test_cover_never_grows_with_the_severity(approved: str, severity: str, holds: bool) -> None:
    assert covered(severity, override_until=LATER, override_severity=approved, at=NOW) is holds


@pytest.mark.parametrize(("until", "holds"), [(LATER, True), (NOW, False), (EARLIER, False), (None, False)])
def test_cover_ends_the_moment_it_expires(until: datetime | None, holds: bool) -> None:
    assert covered("BLOCK", override_until=until, override_severity="BLOCK", at=NOW) is holds


@pytest.mark.parametrize("order", [("WARNING", "BLOCK", "OVERRIDE"), ("BLOCK", "OVERRIDE", "WARNING")])
def test_of_twins_the_gravest_counts(order: tuple[str, ...]) -> None:
    twins = [finding(severity=severity) for severity in order]
    assert plan([], twins) == Plan(new=[finding()])


def test_rows_of_every_fate_in_one_report() -> None:
    names = ["same", "moved", "back", "false", "gone", "elsewhere", "in_run", "new"]
    prints = {name: f"{number:032x}" for number, name in enumerate(names)}
    rows = {name: row(fingerprint=prints[name]) for name in names[:-1]}
    rows["back"] = rows["back"]._replace(**RESOLVED)
    rows["false"] = rows["false"]._replace(status="RESOLVED", resolution="FALSE_POSITIVE")
    rows["elsewhere"] = rows["elsewhere"]._replace(package="web")
    found = {name: finding(fingerprint=prints[name]) for name in ("new", "false", "back", "moved", "same")}
    found["moved"] = found["moved"]._replace(line=70)
    assert plan(list(rows.values()), list(found.values()), seen_in_run={prints["in_run"]}) == Plan(
        new=[found["new"]],
        changed=[(rows["moved"], found["moved"])],
        reopened=[(rows["back"], found["back"])],
        resolved=[rows["gone"]],
        seen=2,
        false_positives=1,
    )
