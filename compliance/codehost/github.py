"""GitHub and GitHub Enterprise, through PyGithub over connections that check where they go."""

from typing import Any

import requests
from django.utils import timezone
from github import Auth, Github
from github.GithubException import GithubException
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

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
    State.RUNNING: "pending",
    State.SUCCESS: "success",
    State.FAILURE: "failure",
}
_PAGES = 3


class _CheckedHTTPS(HTTPSRequestsConnectionClass):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session.close()
        self.session = _session()


class _CheckedHTTP(HTTPRequestsConnectionClass):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session.close()
        self.session = _session()


def _session() -> requests.Session:
    session = outgoing.session()
    session.auth = Requester.noopAuth
    session.hooks["response"].append(_refuse_detours)
    return session


def _refuse_detours(response: requests.Response, **_: Any) -> None:
    """The library follows redirects and waits for what is not ready, as long as a server wants it to."""
    if 300 <= response.status_code < 400:
        raise HostError(f"{response.status_code}: it has moved; mend the name or the API address.", permanent=True)
    if response.status_code == 202:
        raise HostError("202: the answer is not ready.")


# The library's own way in; there is one for all clients of a process.
Requester.injectConnectionClasses(_CheckedHTTP, _CheckedHTTPS)


class GitHubClient:
    """One GitHub."""

    def __init__(self, base_url: str, token: str) -> None:
        # Whether and when to try again is the outbox's to decide, and nothing here may sleep.
        self._github = Github(
            auth=Auth.Token(token),
            base_url=base_url.rstrip("/"),
            timeout=int(outgoing.TIMEOUT_SECONDS),
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            user_agent="forge-console",
        )

    def set_status(self, repository: str, commit: str, state: State, description: str, address: str) -> None:
        """``POST /repos/{owner}/{repo}/statuses/{sha}``."""
        status = {"state": _STATES[state], "context": CONTEXT, "description": description, "target_url": address}
        self._ask("POST", f"{_of(repository)}/statuses/{check_commit(commit)}", status)

    def find_comment(self, repository: str, number: int, marker: str) -> str:
        """``GET …/issues/{number}/comments``, the newest last: the first few hundred are looked through."""
        for page in range(1, _PAGES + 1):
            found = rows_of(self._ask("GET", f"{_of(repository)}/issues/{number}/comments?per_page=100&page={page}"))
            for comment in found:
                if marker in str(comment.get("body")):
                    return field_of(comment, "id")
            if len(found) < 100:
                break
        return ""

    def write_comment(self, repository: str, number: int, body: str, comment_id: str) -> str:
        """``PATCH …/issues/comments/{id}``; ``POST …/issues/{number}/comments`` where it is new or gone."""
        if comment_id:
            try:
                self._ask("PATCH", f"{_of(repository)}/issues/comments/{int(comment_id)}", {"body": body})
            except HostError as error:
                if not error.missing:
                    raise
            else:
                return comment_id
        return field_of(self._ask("POST", f"{_of(repository)}/issues/{number}/comments", {"body": body}), "id")

    def signed_in_as(self) -> str:
        """``GET /user``; an app's token has no user, and may ask for its limits alone."""
        try:
            return field_of(self._ask("GET", "/user"), "login")
        except HostError as error:
            if not error.permanent or error.message.startswith("401"):
                raise
            self._ask("GET", "/rate_limit")
            return "an app"

    def _ask(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            return self._github.requester.requestJsonAndCheck(verb, path, input=body)[1]
        except GithubException as error:
            said = error.data.get("message", "") if isinstance(error.data, dict) else ""
            raise error_of(error.status, said or error.message or "", error.headers or {}, at=timezone.now()) from error
        except outgoing.AddressRefused as error:
            raise HostError(error.message, permanent=True) from error
        except requests.RequestException as error:
            raise HostError(f"No answer: {type(error).__name__}") from error
        except (AssertionError, KeyError, RuntimeError, TypeError, ValueError) as error:
            # A server that is no GitHub: the library asserts what it expects of answers.
            raise HostError(f"The answer is not GitHub's: {type(error).__name__}", permanent=True) from error
        finally:
            self._github.close()


def _of(repository: str) -> str:
    if check_repository(repository).count("/") != 1:
        raise HostError(f"{repository[:80]!r} is no repository of GitHub: owner/name.", permanent=True)
    return f"/repos/{repository}"
