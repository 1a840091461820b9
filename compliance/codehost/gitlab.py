"""GitLab, of its makers or one's own, through python-gitlab over connections that check where they go."""

from typing import Any
from urllib.parse import quote

import requests
from django.utils import timezone
from gitlab import Gitlab
from gitlab.exceptions import GitlabError, GitlabHttpError

from compliance.codehost.clients import (
    CONTEXT,
    HostError,
    State,
    check_commit,
    check_repository,
    error_of,
    field_of,
    rows_of,
)
from core import outgoing

_STATES = {
    State.PENDING: "pending",
    State.RUNNING: "running",
    State.SUCCESS: "success",
    State.FAILURE: "failed",
}
_PAGES = 3


class GitLabClient:
    """One GitLab."""

    def __init__(self, base_url: str, token: str) -> None:
        self._session = outgoing.session()
        self._session.hooks["response"].append(self._remember)
        self._headers: dict[str, str] = {}
        self._gitlab = Gitlab(
            base_url.rstrip("/").removesuffix("/api/v4"),
            private_token=token,
            session=self._session,
            timeout=outgoing.TIMEOUT_SECONDS,
            user_agent="forge-console",
        )

    def set_status(self, repository: str, commit: str, state: State, description: str, address: str) -> None:
        """``POST /projects/{id}/statuses/{sha}``."""
        status = {"state": _STATES[state], "name": CONTEXT, "description": description, "target_url": address}
        try:
            self._ask("post", f"{_of(repository)}/statuses/{check_commit(commit)}", status)
        except HostError as error:
            # It refuses to be told the state that it is in.
            if "cannot transition status" not in error.message.lower():
                raise

    def find_comment(self, repository: str, number: int, marker: str) -> str:
        """``GET …/merge_requests/{iid}/notes``: the first few hundred are looked through."""
        for page in range(1, _PAGES + 1):
            path = f"{_of(repository)}/merge_requests/{number}/notes?per_page=100&page={page}&sort=asc"
            found = rows_of(self._ask("get", path))
            for note in found:
                if marker in str(note.get("body")):
                    return field_of(note, "id")
            if len(found) < 100:
                break
        return ""

    def write_comment(self, repository: str, number: int, body: str, comment_id: str) -> str:
        """``PUT …/notes/{id}``; ``POST …/notes`` where it is new or gone."""
        notes = f"{_of(repository)}/merge_requests/{number}/notes"
        if comment_id:
            try:
                self._ask("put", f"{notes}/{int(comment_id)}", {"body": body})
            except HostError as error:
                if not error.missing:
                    raise
            else:
                return comment_id
        return field_of(self._ask("post", notes, {"body": body}), "id")

    def signed_in_as(self) -> str:
        """``GET /user``."""
        return field_of(self._ask("get", "/user"), "username")

    def _ask(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        self._headers = {}
        try:
            # Whether and when to try again is the outbox's to decide, and nothing here may sleep.
            answer = self._gitlab.http_request(
                verb, path, post_data=body, obey_rate_limit=False, retry_transient_errors=False
            )
            return answer.json()
        except GitlabHttpError as error:
            said = str(error.error_message)
            raise error_of(error.response_code or 0, said, self._headers, at=timezone.now()) from error
        except GitlabError as error:
            status = getattr(error, "response_code", None)
            if status:
                raise error_of(status, str(error.error_message), self._headers, at=timezone.now()) from error
            raise HostError(str(error)[:300], permanent=True) from error
        except outgoing.AddressRefused as error:
            raise HostError(error.message, permanent=True) from error
        except requests.RequestException as error:
            if isinstance(error, requests.exceptions.JSONDecodeError):
                raise HostError("The answer is not GitLab's.", permanent=True) from error
            raise HostError(f"No answer: {type(error).__name__}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise HostError(f"The answer is not GitLab's: {type(error).__name__}", permanent=True) from error
        finally:
            self._session.close()

    def _remember(self, response: requests.Response, **_: Any) -> None:
        # The library's errors do not say what the headers said.
        self._headers = {name.lower(): value for name, value in response.headers.items()}


def _of(repository: str) -> str:
    return f"/projects/{quote(check_repository(repository), safe='')}"
