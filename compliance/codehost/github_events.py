"""GitHub's webhooks, as https://docs.github.com/webhooks/webhook-events-and-payloads has them. Pure."""

import re
from typing import Any

from compliance.choices import PullState
from compliance.codehost.events import MAX_NUMBER, Event, MergeGroupEvent, Payload, PullEvent, RepositoryFacts

_QUEUE = re.compile(r"\A(?:refs/heads/)?gh-readonly-queue/(?P<base>.+)/pr-(?P<number>[0-9]{1,10})-[0-9a-f]{7,64}\Z")
_PULL_ACTIONS = {"opened", "synchronize", "edited", "closed", "reopened", "ready_for_review", "converted_to_draft"}
_GROUP_ACTIONS = {"checks_requested": True, "destroyed": False}


def read_event(name: str, body: Any) -> Event | None:
    """What an event of this name says; None where it is none that we act on.

    Raises:
        Invalid: it is not as the documentation has it.
    """
    payload = Payload(body)
    action = payload.text("action")
    if name == "pull_request" and action in _PULL_ACTIONS:
        return _pull(payload)
    if name == "merge_group" and action in _GROUP_ACTIONS:
        return _merge_group(payload, wanted=_GROUP_ACTIONS[action])
    return None


def _pull(payload: Payload) -> PullEvent:
    pull = payload.inner("pull_request")
    head, base = pull.inner("head"), pull.inner("base")
    return PullEvent(
        repository=_repository(payload),
        number=pull.number("number"),
        state=_state(pull),
        title=pull.text("title"),
        description=pull.description("body"),
        # A deleted account is null.
        author=pull.inner("user").text("login") if pull.has("user") else "",
        branch=head.text("ref"),
        base_branch=base.text("ref"),
        url=pull.text("html_url"),
        head_sha=head.text("sha", needed=True),
        replaced_sha=payload.text("before"),
        updated_at=pull.moment("updated_at"),
    )


def _state(pull: Payload) -> PullState:
    if pull.flag("merged"):
        return PullState.MERGED
    return PullState.CLOSED if pull.text("state") == "closed" else PullState.OPEN


def _merge_group(payload: Payload, *, wanted: bool) -> MergeGroupEvent | None:
    group = payload.inner("merge_group")
    found = _QUEUE.match(group.text("head_ref", needed=True))
    # Another way to name its branches would be another queue than the one that we know.
    if not found or not 0 < int(found["number"]) <= MAX_NUMBER:
        return None
    return MergeGroupEvent(
        repository=_repository(payload),
        number=int(found["number"]),
        head_sha=group.text("head_sha", needed=True),
        base_branch=found["base"],
        wanted=wanted,
    )


def _repository(payload: Payload) -> RepositoryFacts:
    repository = payload.inner("repository")
    return RepositoryFacts(
        name=repository.text("full_name", needed=True),
        default_branch=repository.text("default_branch"),
        web_url=repository.text("html_url"),
    )
