"""GitHub and GitLab as local servers: what they keep, refuse and limit, as their API documents have it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "a-token-of-acme"


class Answer(NamedTuple):
    """What the server says next, whatever it is asked."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}
    drops: bool = False
    """Ends the connection without a word."""


class Request(NamedTuple):
    """What the server was asked."""

    method: str
    path: str
    body: Any


class CodeHostServer:
    """A code host on a free port; ``url`` is where its API is."""

    def __init__(self, routes: type["Routes"]) -> None:
        self.routes = routes(self)
        self.asked: list[Request] = []
        self.next: list[Answer] = []
        self.statuses: list[dict[str, Any]] = []
        self.comments: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.routes.PREFIX}"

    def answer(self, request: Request, token: str) -> Answer:
        """What to say: first what a test has put in, then what the host would."""
        with self._lock:
            self.asked.append(request)
            if self.next:
                return self.next.pop(0)
            if token != TOKEN:
                return Answer(401, {"message": self.routes.UNAUTHORISED})
            return self.routes.answer(request)

    def asked_for(self, method: str) -> list[str]:
        """The paths of requests of a method."""
        return [request.path for request in self.asked if request.method == method]

    @contextmanager
    def running(self) -> Iterator["CodeHostServer"]:
        """Serve for the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class Routes:
    """What a host does with a request."""

    PREFIX = ""
    UNAUTHORISED = ""

    def __init__(self, server: CodeHostServer) -> None:
        self.server = server

    def token_of(self, headers: Mapping[str, str]) -> str:
        """The token that a request carries."""
        raise NotImplementedError

    def answer(self, request: Request) -> Answer:
        """What the host says."""
        raise NotImplementedError

    def _write(self, body: Any) -> Answer:
        key = len(self.server.comments) + 1001
        self.server.comments[key] = {"id": key, "body": body["body"]}
        return Answer(201, self.server.comments[key])

    def _update(self, key: int, body: Any, missing: str) -> Answer:
        if key not in self.server.comments:
            return Answer(404, {"message": missing})
        self.server.comments[key]["body"] = body["body"]
        return Answer(200, self.server.comments[key])


class GitHubRoutes(Routes):
    """GitHub's REST API."""

    PREFIX = "/api/v3"
    UNAUTHORISED = "Bad credentials"
    STATES = {"error", "failure", "pending", "success"}

    def token_of(self, headers: Mapping[str, str]) -> str:
        """``Authorization: token …``."""
        return headers.get("Authorization", "").removeprefix("token ").removeprefix("Bearer ")

    def answer(self, request: Request) -> Answer:
        """Users, statuses, comments; 404 for what is not acme's."""
        parts = urlsplit(request.path).path.removeprefix(self.PREFIX).strip("/").split("/")
        match request.method, parts:
            case "GET", ["user"]:
                return Answer(200, {"login": "forge-bot"})
            case "POST", ["repos", "acme", "shop", "statuses", sha]:
                return self._set_status(sha, request.body)
            case "GET", ["repos", "acme", "shop", "issues", _, "comments"]:
                page = int(parse_qs(urlsplit(request.path).query).get("page", ["1"])[0])
                return Answer(200, list(self.server.comments.values())[100 * (page - 1) : 100 * page])
            case "POST", ["repos", "acme", "shop", "issues", _, "comments"]:
                return self._write(request.body)
            case "PATCH", ["repos", "acme", "shop", "issues", "comments", key]:
                return self._update(int(key), request.body, "Not Found")
        return Answer(404, {"message": "Not Found"})

    def _set_status(self, sha: str, body: Any) -> Answer:
        if len(sha) != 40:
            return Answer(422, {"message": f"No commit found for SHA: {sha}"})
        if body["state"] not in self.STATES or len(body["description"]) > 140:
            return Answer(422, {"message": "Validation Failed"})
        self.server.statuses.append({"sha": sha, **body})
        return Answer(201, {"id": len(self.server.statuses), **body})


class GitLabRoutes(Routes):
    """GitLab's REST API."""

    PREFIX = "/api/v4"
    UNAUTHORISED = "401 Unauthorized"
    STATES = {"pending", "running", "success", "failed", "canceled", "skipped"}

    def token_of(self, headers: Mapping[str, str]) -> str:
        """``PRIVATE-TOKEN: …``."""
        return headers.get("PRIVATE-TOKEN", "")

    def answer(self, request: Request) -> Answer:
        """Users, statuses, notes; 404 for what is not acme's."""
        parts = urlsplit(request.path).path.removeprefix(self.PREFIX).strip("/").split("/")
        parts = [unquote(part) for part in parts]
        match request.method, parts:
            case "GET", ["user"]:
                return Answer(200, {"username": "forge-bot"})
            case "POST", ["projects", "acme/shop", "statuses", sha]:
                return self._set_status(sha, request.body)
            case "GET", ["projects", "acme/shop", "merge_requests", _, "notes"]:
                return Answer(200, list(self.server.comments.values()))
            case "POST", ["projects", "acme/shop", "merge_requests", _, "notes"]:
                return self._write(request.body)
            case "PUT", ["projects", "acme/shop", "merge_requests", _, "notes", key]:
                return self._update(int(key), request.body, "404 Note Not Found")
        return Answer(404, {"message": "404 Project Not Found"})

    def _set_status(self, sha: str, body: Any) -> Answer:
        if body["state"] not in self.STATES:
            return Answer(400, {"error": "state does not have a valid value"})
        last = [status for status in self.server.statuses if status["sha"] == sha][-1:]
        if last and last[0]["state"] == body["state"] and body["state"] in ("pending", "running"):
            event = {"pending": "enqueue", "running": "run"}[body["state"]]
            return Answer(
                400, {"message": f"Cannot transition status via :{event} from :{body['state']} (Reason(s): …)"}
            )
        self.server.statuses.append({"sha": sha, **body})
        return Answer(201, {"id": len(self.server.statuses), "status": body["state"]})


def _handler_of(server: CodeHostServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, json.loads(content) if content else None)
            answer = server.answer(request, server.routes.token_of(dict(self.headers.items())))
            if answer.drops:
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = _respond  # noqa: N815  as http.server calls them

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler
