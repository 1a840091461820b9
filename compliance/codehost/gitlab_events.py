"""GitLab's webhooks, as https://docs.gitlab.com/user/project/integrations/webhook_events/ has them. Pure."""

from typing import Any

from compliance.choices import PullState
from compliance.codehost.events import Event, Payload, PullEvent, RepositoryFacts

_STATES = {"opened": PullState.OPEN, "locked": PullState.OPEN, "closed": PullState.CLOSED, "merged": PullState.MERGED}


def read_event(name: str, body: Any) -> Event | None:
    """What an event of this name says; None where it is none that we act on.

    Raises:
        Invalid: it is not as the documentation has it.
    """
    if name != "Merge Request Hook":
        return None
    payload = Payload(body)
    request, project = payload.inner("object_attributes"), payload.inner("project")
    state = _STATES.get(request.text("state"))
    if state is None:
        return None
    return PullEvent(
        repository=RepositoryFacts(
            name=project.text("path_with_namespace", needed=True),
            default_branch=project.text("default_branch"),
            web_url=project.text("web_url"),
        ),
        number=request.number("iid"),
        state=state,
        title=request.text("title"),
        description=request.description("description"),
        # It names who acted, who is the author only of what was opened just now.
        author=payload.inner("user").text("username") if request.text("action") == "open" else "",
        branch=request.text("source_branch"),
        base_branch=request.text("target_branch"),
        url=request.text("url"),
        head_sha=request.inner("last_commit").text("id", needed=True),
        replaced_sha=request.text("oldrev"),
        updated_at=request.moment("updated_at"),
    )
