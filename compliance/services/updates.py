"""Queueing what code hosts are to be told, in the transaction that changes it, under the pull request's lock."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from compliance.choices import Update, Urgency
from compliance.models import CodeHost, MergeGroup, PullRequest, Repository, Submission
from compliance.services.announcing import announce_updates
from core.ids import new_ids

_UPSERT = """
INSERT INTO compliance_statusupdate AS known
    (id, kind, target, host_id, repository_id, pull_request_id, status, priority, attempts, received_at, run_after,
     error, generation, sent)
SELECT unnest(%s::uuid[]), unnest(%s::text[]), unnest(%s::text[]), %s, %s, %s, 'queued', %s, 0, %s, %s, '', 1, ''
ON CONFLICT (repository_id, kind, target) DO UPDATE SET
    generation = known.generation + 1,
    host_id = excluded.host_id,
    pull_request_id = excluded.pull_request_id,
    received_at = excluded.received_at,
    -- Who is sending just now sees by the generation that there is more to send.
    status = CASE known.status WHEN 'processing' THEN known.status ELSE 'queued' END,
    attempts = CASE known.status WHEN 'processing' THEN known.attempts ELSE 0 END,
    run_after = CASE known.status WHEN 'processing' THEN known.run_after ELSE excluded.run_after END,
    finished_at = NULL, error = ''
"""
Target = tuple[str, str]
"""Kind, and the commit or the number."""


def host_of(repository: Repository) -> CodeHost | None:
    """Who is told of a repository's verdicts: the host that it names, or the only one that there is.

    None where that is switched off, or has no token to be told with.
    """
    hosts = [host for host in CodeHost.objects.enabled() if host.token]
    if repository.host_id is None:
        return hosts[0] if len(hosts) == 1 else None
    return next((host for host in hosts if host.pk == repository.host_id), None)


def queue_updates(pull: PullRequest, *, at: datetime) -> None:
    """The verdict of a pull request may have changed: queue its commit's status, its merge groups', and its comment."""
    # Asked first: most reports are of tenants whose code host is told nothing.
    host = host_of(pull.repository)
    if host is None:
        return
    targets: list[Target] = []
    if pull.repository.sends_status:
        targets += [(Update.STATUS.value, sha) for sha in _commits_of(pull)]
    if pull.repository.sends_comment and pull.number is not None:
        targets.append((Update.COMMENT.value, str(pull.number)))
    _queue(pull, host, targets, at)


def queue_update_of_group(group: MergeGroup, pull: PullRequest, *, at: datetime) -> None:
    """A merge queue waits for the verdict on a commit of its own."""
    host = host_of(pull.repository)
    if host is not None and pull.repository.sends_status:
        _queue(pull, host, [(Update.STATUS.value, group.head_sha)], at)


def queue_updates_of_failure(submission: Submission, *, at: datetime) -> None:
    """A report has failed for good: its commit waits for nothing any more."""
    pulls = PullRequest.objects.named(submission.repository, submission.number).select_related("repository")
    pull = pulls.first()
    if pull is None:
        return
    queue_updates(pull, at=at)
    host = host_of(pull.repository)
    if host is not None and pull.repository.sends_status and submission.commit_sha != pull.head_sha:
        _queue(pull, host, [(Update.STATUS.value, submission.commit_sha)], at)


def _commits_of(pull: PullRequest) -> Iterable[str]:
    commits = {pull.head_sha} if pull.head_sha else set()
    if pull.number is not None:
        groups = MergeGroup.objects.filter(repository=pull.repository_id, number=pull.number)
        commits.update(groups.values_list("head_sha", flat=True))
    return commits


def _queue(pull: PullRequest, host: CodeHost, targets: list[Target], at: datetime) -> None:
    if not targets:
        return
    # In one order everywhere, so that two transactions that share commits do not wait for each other.
    targets = sorted(targets)
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            [
                new_ids(len(targets), at=at),
                [kind for kind, _ in targets],
                [target for _, target in targets],
                *(host.pk, pull.repository_id, pull.pk, Urgency.NORMAL.value, at, at),
            ],
        )
    # Robust: whatever the broker does, the rows are stored and somebody finds them.
    transaction.on_commit(announce_updates, robust=True)
