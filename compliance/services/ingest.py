"""From a submission to a verdict, in one transaction under the pull request's lock."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from compliance.choices import Outcome, Resolution, Status
from compliance.markers import override_markers
from compliance.models import (
    Check,
    Evaluation,
    PullRequest,
    Repository,
    Rule,
    Submission,
    TenantSettings,
    Transition,
    Version,
)
from compliance.readings import Finding
from compliance.reconcile import NOTHING, Plan, Row, reconcile, status_when_live, still_false, worse
from compliance.report import Report
from compliance.score import Counts, score
from compliance.services import bulk
from compliance.services.alerting import alert_about, resolve_failure
from compliance.services.judging import judge_pull_request
from compliance.services.lateness import moves_head, run_start, superseded
from compliance.services.parsing import Parsed, parse
from compliance.services.states import tally, write_states
from compliance.services.updates import queue_updates

TOPICS = ("evaluations", "pulls", "rules", "violations")
_FINGERPRINT_DIGITS = 32


def process(submission: Submission, *, at: datetime) -> Evaluation:
    """Judge a claimed submission and finish its claim: everything or nothing.

    Raises:
        DomainError: the report cannot be read; trying again will not help.
        django.db.OperationalError: the pull request is being worked on, or the database is away.
        ClaimLost: somebody else took the submission over.
    """
    began = time.monotonic()
    report = Report.unpacked(bytes(submission.payload))
    parsed = parse(report, Rule.objects.all())
    pull_id = _pull_request_of(report)
    with transaction.atomic():
        # While we hold the row, nobody takes the work over: only a dead worker's claim can run out.
        submission.hold()
        # NO KEY: children may be inserted meanwhile. NOWAIT: a worker that waits does nobody's work.
        locked = PullRequest.objects.select_for_update(no_key=True, nowait=True, of=("self",))
        pull = locked.select_related("repository").get(pk=pull_id)
        evaluation = _evaluation_of(submission, report, pull, at)
        findings, excused = parsed.findings, set[str]()
        evaluation.superseded = superseded(pull, report, started_at=evaluation.run_started_at) or ""
        if not evaluation.superseded:
            findings, excused = _apply(parsed, pull, evaluation, at)
        evaluation.duration_ms = int((time.monotonic() - began) * 1000)
        # Foreign keys are checked at commit, so that what it caused may be written before it.
        evaluation.save(force_insert=True)
        Check.objects.bulk_create(_checks(parsed.evaluated_rules, findings, evaluation, excused))
        submission.finish(at=at)
        resolve_failure(submission, at=at)
        Version.bump(*TOPICS)
    return evaluation


def _pull_request_of(report: Report) -> UUID:
    """The pull request's key; made before the transaction, so that two first reports do not wait for each other."""
    repository, _ = Repository.objects.get_or_create(name=report.repository)
    if report.pr_number is None and report.branch and not repository.default_branch:
        Repository.objects.filter(pk=repository.pk, default_branch="").update(default_branch=report.branch)
    pull, _ = PullRequest.objects.get_or_create(repository=repository, number=report.pr_number)
    return pull.pk


def _evaluation_of(submission: Submission, report: Report, pull: PullRequest, at: datetime) -> Evaluation:
    return Evaluation(
        pull_request=pull,
        submission=submission,
        commit_sha=report.commit_sha,
        source=report.source,
        run_id=report.run_id,
        run_url=report.run_url,
        run_started_at=run_start(report, received_at=submission.received_at),
        opa_version=report.opa_version,
        policy_revision=report.policy_revision,
        created_at=at,
    )


def _apply(parsed: Parsed, pull: PullRequest, evaluation: Evaluation, at: datetime) -> tuple[list[Finding], set[str]]:
    """Write what the report changes. Returns the findings that count, and the fingerprints that an override covers."""
    report, findings = parsed.report, parsed.findings
    terms = TenantSettings.current().terms()
    _take_over(pull, report, evaluation, at)
    fingerprints = [finding.fingerprint for finding in findings]
    rows = bulk.read_rows(pull.pk, report.source, fingerprints)
    spoken_of = [row for row in rows if row.rule not in parsed.off]
    if pull.repository.trusts(report.policy_revision):
        plan = reconcile(spoken_of, findings, coverage=parsed.coverage, seen_in_run=_seen_in_run(evaluation), at=at)
    else:
        # It may say what is wrong, never that something is right (docs/adr/0006).
        plan = reconcile(spoken_of, worse(spoken_of, findings), coverage=NOTHING, at=at)
    _write(plan, pull, evaluation, at)
    live = list(_live_after(rows, plan, at))
    write_states(
        pull,
        report.source,
        live=tally(violation[1:] for violation in live),
        evaluated=parsed.evaluated,
        seen={(finding.package, finding.rule) for finding in findings},
        evaluation={
            "commit_sha": report.commit_sha,
            "policy_revision": report.policy_revision,
            "judged_at": at,
            "run_started_at": evaluation.run_started_at,
        },
    )
    findings = _without_false_positives(findings, rows)
    counts = Counts.of(finding.severity for finding in findings)
    evaluation.block_count, evaluation.override_count, evaluation.warning_count = counts
    evaluation.score = score(counts, terms.weights)
    evaluation.new_count, evaluation.seen_count = len(plan.new) + len(plan.reopened), plan.seen
    evaluation.resolved_count = len(plan.resolved)
    evaluation.fingerprints = bytes.fromhex("".join(fingerprints))
    evaluation.verdict = judge_pull_request(pull, terms=terms).verdict
    pull.save()
    queue_updates(pull, at=at)
    came = [finding.rule for finding in plan.new] + [row.rule for row, _ in plan.reopened]
    alert_about(pull, at=at, grown=Counter(came))
    return findings, {fingerprint for fingerprint, *_, status in live if status == Status.OVERRIDDEN}


def _without_false_positives(findings: list[Finding], rows: list[Row]) -> list[Finding]:
    known = {row.fingerprint: row for row in rows if row.resolution == Resolution.FALSE_POSITIVE}
    if not known:
        return findings
    return [
        finding
        for finding in findings
        if finding.fingerprint not in known or not still_false(known[finding.fingerprint], finding.severity)
    ]


def _take_over(pull: PullRequest, report: Report, evaluation: Evaluation, at: datetime) -> None:
    """Move the head where the report's commit is newer, and take what the report says of the pull request."""
    started = evaluation.run_started_at
    if moves_head(pull, report, started_at=started):
        pull.head_sha, pull.head_started_at = report.commit_sha, started
    evaluation.was_head = report.commit_sha == pull.head_sha
    if not evaluation.was_head:
        return
    pull.head_started_at = max(started, pull.head_started_at or started)
    pull.head_awaited = False
    pull.last_checked = at
    if pull.host_updated_at is None or pull.host_updated_at < started:
        _describe(pull, report)
    if report.reward_score is not None:
        pull.reward_score = report.reward_score


def _describe(pull: PullRequest, report: Report) -> None:
    """What a run knew when it started; the code host knows better, and may have said since."""
    for name in ("branch", "base_branch", "title", "author", "url"):
        setattr(pull, name, getattr(report, name) or getattr(pull, name))
    if report.description is not None:
        pull.description, pull.override_markers = report.description, override_markers(report.description)


def _seen_in_run(evaluation: Evaluation) -> set[str]:
    """What other reports of the same run found: one report's silence must not resolve it."""
    run = Evaluation.objects.judged().filter(
        pull_request=evaluation.pull_request, source=evaluation.source, run_id=evaluation.run_id
    )
    seen: set[str] = set()
    for packed in run.values_list("fingerprints", flat=True):
        digits = bytes(packed or b"").hex()
        seen.update(digits[i : i + _FINGERPRINT_DIGITS] for i in range(0, len(digits), _FINGERPRINT_DIGITS))
    return seen


def _write(plan: Plan, pull: PullRequest, evaluation: Evaluation, at: datetime) -> None:
    ids = bulk.copy_violations(
        plan.new,
        at=at,
        pull_request_id=pull.pk,
        repository_id=pull.repository_id,
        source=evaluation.source,
        status=Status.OPEN.value,
        resolution="",
        commit_sha=evaluation.commit_sha,
        resolved_by="",
        override_reason="",
        override_approved_by="",
        override_severity="",
    )
    changed = [(row, finding, status_when_live(row, finding.severity, at)) for row, finding in plan.changed]
    reopened = [(row, finding, status_when_live(row, finding.severity, at)) for row, finding in plan.reopened]
    bulk.update_seen_again(changed, at=at)
    bulk.update_seen_again(reopened, at=at, commit_sha=evaluation.commit_sha)
    by = f"{evaluation.source} run {evaluation.run_id}"
    bulk.update_resolved([row.id for row in plan.resolved], resolution=Resolution.FIXED, at=at, by=by)
    # Looked up once: a member's value takes longer than the rest of the line, and there may be 25,000.
    is_open, found = Status.OPEN.value, Transition.Cause.FOUND.value
    is_resolved, fixed = Status.RESOLVED.value, Transition.Cause.FIXED.value
    changes: list[bulk.Change] = [(key, "", is_open, found) for key in ids]
    changes += [
        (row.id, row.status, status.value, _cause(row, status)) for row, _, status in changed if row.status != status
    ]
    changes += [(row.id, row.status, status.value, _cause_of_return(row)) for row, _, status in reopened]
    changes += [(row.id, row.status, is_resolved, fixed) for row in plan.resolved]
    bulk.copy_transitions(changes, at=at, evaluation=evaluation.pk)


def _cause(row: Row, status: Status) -> str:
    """Why a live violation's status changes although nobody decided anything."""
    if status == Status.OVERRIDDEN:
        return Transition.Cause.COVERED.value
    return Transition.Cause.SEVERITY_RAISED.value if row.override_until else Transition.Cause.UNCOVERED.value


def _cause_of_return(row: Row) -> str:
    if row.resolution == Resolution.FALSE_POSITIVE:
        return Transition.Cause.SEVERITY_RAISED.value
    return Transition.Cause.RETURNED.value


def _live_after(rows: list[Row], plan: Plan, at: datetime) -> Iterator[tuple[str, str, str, str, str]]:
    """Fingerprint, package, rule, severity and status of what lives once the plan is written."""
    rewritten = [*plan.changed, *plan.reopened]
    settled = {row.id for row, _ in rewritten} | {row.id for row in plan.resolved}
    for row in rows:
        if row.status != Status.RESOLVED and row.id not in settled:
            yield row.fingerprint, row.package, row.rule, row.severity, row.status
    for row, finding in rewritten:
        status = status_when_live(row, finding.severity, at)
        yield row.fingerprint, row.package, row.rule, finding.severity, status
    for finding in plan.new:
        yield finding.fingerprint, finding.package, finding.rule, finding.severity, Status.OPEN


def _checks(rules: set[str], findings: list[Finding], evaluation: Evaluation, excused: set[str]) -> list[Check]:
    counts = Counter(finding.rule for finding in findings)
    live = Counter(finding.rule for finding in findings if finding.fingerprint not in excused)
    return [
        Check(evaluation=evaluation, rule_id=rule, outcome=_outcome(counts[rule], live[rule]), count=counts[rule])
        for rule in sorted(rules)
    ]


def _outcome(found: int, uncovered: int) -> Outcome:
    if not found:
        return Outcome.PASS
    return Outcome.VIOLATION if uncovered else Outcome.OVERRIDE
