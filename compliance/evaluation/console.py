"""The console as CI sees it: post a report, wait for the verdict. The standard library alone."""

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import BaseHandler, HTTPRedirectHandler, ProxyHandler, Request, build_opener

from core.errors import DomainError

REPORTS = "/api/compliance/reports"
TIMEOUT_SECONDS = 30
POLL_SECONDS = 0.2


class Refused(DomainError):
    """The console did not take the report, or cannot be reached."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the token to wherever it points."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """None: the redirect is the answer, and no good one."""


class Console:
    """One tenant's API.

    Args:
        url: of the tenant, as in ``https://acme.forge.example.com``.
        token: a CI token of it.

    Raises:
        Refused: ``url`` is none.
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("no_console", f"{url!r} is no address of a console, as in https://acme.forge.example.com.")
        handlers: list[BaseHandler] = [_NoRedirect()]
        self._host = parts.netloc
        if parts.hostname == "localhost" or parts.hostname.endswith(".localhost"):
            # Names under localhost are loopback (RFC 6761), which Python's resolver does not know; and no proxy does.
            parts = parts._replace(netloc=f"127.0.0.1:{parts.port}" if parts.port else "127.0.0.1")
            handlers.append(ProxyHandler({}))
        self._root = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        self._open = build_opener(*handlers).open
        self._token = token

    def post(self, report: Mapping[str, Any] | bytes) -> dict[str, Any]:
        """Hand a report in; returns ``{id, status, status_url, duplicate}``.

        Raises:
            Refused: with what the console says of it.
        """
        content = report if isinstance(report, bytes) else json.dumps(report).encode()
        return self._call("POST", REPORTS, content)

    def await_verdict(self, status_url: str, *, within: float, sleep: Callable[[float], None] = time.sleep) -> Any:
        """Ask until the report is judged; returns the answer of ``GET reports/<id>``.

        Args:
            within: seconds.

        Raises:
            Refused: it is not judged in time.
        """
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            answer = self._call("GET", urlsplit(status_url).path)
            if answer["status"] in ("done", "failed"):
                return answer
            sleep(POLL_SECONDS)
        raise Refused("no_verdict", f"no verdict within {within:.0f} s")

    def _call(self, method: str, path: str, content: bytes | None = None) -> dict[str, Any]:
        headers = {"Host": self._host, "Authorization": f"Token {self._token}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = Request(urljoin(self._root, path), content, headers, method=method)  # noqa: S310  # http(s), see above
        try:
            with self._open(request, timeout=TIMEOUT_SECONDS) as response:
                document: dict[str, Any] = json.loads(response.read())
        except HTTPError as error:
            with error:
                raise Refused("refused", f"{error.code} {_reason(error.read()) or error.reason}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise Refused("unreachable", f"{self._host} does not answer as a console: {error}") from error
        return document


def _reason(answer: bytes) -> str:
    """What a problem+json says, in one line."""
    try:
        problem = json.loads(answer)
        errors = "; ".join(f"{field}: {', '.join(texts)}" for field, texts in (problem.get("errors") or {}).items())
        return " ".join(str(part) for part in (problem.get("detail") or problem.get("title"), errors) if part)
    except (ValueError, AttributeError, TypeError):
        return ""
