"""What code hosts say of pull requests and merge queues: taken once, in the order of the host's own clock."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model

from compliance.choices import PullState
from compliance.codehost.events import Event, MergeGroupEvent, PullEvent, RepositoryFacts
from compliance.markers import override_markers
from compliance.models import CodeHost, MergeGroup, NamedHead, PullRequest, Repository, Version, WebhookDelivery
from compliance.services.judging import judge_pull_request
from compliance.services.pulls import set_state
from compliance.services.updates import queue_update_of_group, queue_updates

KEPT = timedelta(days=30)
"""How long a delivery is remembered; an event that is older than that is not taken."""
AHEAD = timedelta(hours=1)
"""How far the host's clock may be ahead of ours."""
_PRUNED_AT_ONCE = 100


def take_delivery(
    host: CodeHost, *, delivery_id: str, name: str, body: bytes, event: Event | None, at: datetime
) -> str:
    """Take in a webhook whose sender is known. Once: neither its id nor its body counts again.

    Args:
        delivery_id: the host's; nothing signs it, so the body is remembered as well.
        name: the event's.
        event: what it says, None where it is nothing that we act on.

    Returns:
        ``duplicate``, ``ignored`` or ``applied``.
    """
    delivery = WebhookDelivery(
        host=host, delivery_id=delivery_id, digest=hashlib.sha256(body).digest(), event=name, received_at=at
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                delivery.save(force_insert=True)
        except IntegrityError:
            return "duplicate"
        applied = event is not None and _take(event, host=host, at=at)
        _prune(at)
    return "applied" if applied else "ignored"


def _take(event: Event, *, host: CodeHost, at: datetime) -> bool:
    repository = _repository(event.repository, host)
    if repository is None:
        return False
    if isinstance(event, MergeGroupEvent):
        return _take_group(event, repository, at)
    return _take_pull(event, repository, host, at)


def _repository(facts: RepositoryFacts, host: CodeHost) -> Repository | None:
    known = Repository.objects.filter(name=facts.name).first()
    if known is None and host.creates_repositories:
        known, _ = Repository.objects.get_or_create(name=facts.name, defaults={"host": host})
    if known is not None and known.host_id not in (None, host.pk):
        return None  # another host has a repository of this name
    return known


def _take_pull(event: PullEvent, repository: Repository, host: CodeHost, at: datetime) -> bool:
    if event.updated_at < at - KEPT:
        return False
    event = replace(event, updated_at=min(event.updated_at, at + AHEAD))
    if event.state != PullState.OPEN and not _known(repository, event.number):
        return False
    pull = _locked(repository, event.number)
    if _stale(pull, event):
        return False
    by = f"{host.name} webhook"
    _learn(repository, event.repository, host)
    _describe(pull, event)
    moved = event.state == PullState.OPEN and pull.state != PullState.MERGED and _move_head(pull, event, at)
    reopened = moved and pull.state == PullState.CLOSED
    if moved and not reopened:
        judge_pull_request(pull)
    pull.save()
    if moved and not reopened:
        queue_updates(pull, at=at)
    if pull.state not in (event.state, PullState.MERGED):
        set_state(pull.pk, state=event.state, by=by, at=at)
    Version.bump("pulls", "rules")
    return True


def _known(repository: Repository, number: int) -> bool:
    return PullRequest.objects.filter(repository=repository, number=number).exists()


def _locked(repository: Repository, number: int) -> PullRequest:
    pull, _ = PullRequest.objects.get_or_create(repository=repository, number=number)
    locked = PullRequest.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("repository").get(pk=pull.pk)


def _stale(pull: PullRequest, event: PullEvent) -> bool:
    """Whether we know newer things. The host's clock counts seconds: of two events of one, heads tell the order."""
    known = pull.host_updated_at
    if known is None or event.updated_at > known:
        return False
    return event.updated_at < known or (event.head_sha != pull.head_sha and _was_named(pull.pk, event.head_sha))


def _was_named(pull_id: UUID, commit_sha: str) -> bool:
    return NamedHead.objects.filter(pull_request=pull_id, commit_sha=commit_sha).exists()


def _learn(repository: Repository, facts: RepositoryFacts, host: CodeHost) -> None:
    """The host knows the default branch best; the web address may be somebody's better one."""
    learnt = {
        "host_id": repository.host_id or host.pk,
        "default_branch": facts.default_branch or repository.default_branch,
        "web_url": repository.web_url or (facts.web_url if _is_address(facts.web_url) else ""),
    }
    _save_changes(repository, learnt)


def _describe(pull: PullRequest, event: PullEvent) -> None:
    pull.host_updated_at = event.updated_at
    pull.title, pull.branch, pull.base_branch = event.title, event.branch, event.base_branch
    pull.author = event.author or pull.author
    pull.url = event.url if _is_address(event.url) else pull.url
    pull.description, pull.override_markers = event.description, override_markers(event.description)


def _move_head(pull: PullRequest, event: PullEvent, at: datetime) -> bool:
    """Take the host's head over. Nothing is judged for it yet, whatever was judged for it before it was pushed away."""
    head, before = event.head_sha, pull.head_sha
    outdated = _reported_since(pull, event)
    if head != before and not outdated:
        pull.head_sha, pull.head_awaited, pull.head_started_at = head, True, min(event.updated_at, at)
    # Also what a report has named first, and what was the head before we heard of it.
    for commit_sha in {head, *([before] if before and pull.head_sha == head else [])}:
        NamedHead.objects.get_or_create(pull_request=pull, commit_sha=commit_sha)
    return pull.head_sha != before


def _reported_since(pull: PullRequest, event: PullEvent) -> bool:
    """The present head is of a report whose run started after this event: the event of its push is still to come."""
    if not pull.head_sha or event.replaced_sha == pull.head_sha or _was_named(pull.pk, pull.head_sha):
        return False
    return pull.head_started_at is not None and event.updated_at < pull.head_started_at


def _take_group(event: MergeGroupEvent, repository: Repository, at: datetime) -> bool:
    groups = MergeGroup.objects.filter(repository=repository, head_sha=event.head_sha)
    if not event.wanted:
        return bool(groups.delete()[0])
    pull = _locked(repository, event.number)
    group, made = MergeGroup.objects.get_or_create(
        repository=repository,
        head_sha=event.head_sha,
        defaults={"number": event.number, "base_branch": event.base_branch, "created_at": at},
    )
    queue_update_of_group(group, pull, at=at)
    return made


def _prune(at: datetime) -> None:
    """Forget what is too old to be taken again."""
    old = WebhookDelivery.objects.filter(received_at__lt=at - 2 * KEPT).values("pk")[:_PRUNED_AT_ONCE]
    WebhookDelivery.objects.filter(pk__in=old).delete()
    MergeGroup.objects.filter(pk__in=MergeGroup.objects.filter(created_at__lt=at - KEPT).values("pk")[:1]).delete()


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _save_changes(record: Model, changes: dict[str, object]) -> None:
    changed = [name for name, value in changes.items() if getattr(record, name) != value]
    for name in changed:
        setattr(record, name, changes[name])
    if changed:
        record.save(update_fields=changed)
