"""Local HTTP servers that answer as a console might, and as one that is broken or not one at all."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

ID = "0198f3a2-7c1e-7000-8000-0123456789ab"
PASS: dict[str, Any] = {
    "id": ID, "status": "done", "verdict": "PASS", "can_merge": True, "score": 100, "threshold": 70, "reasons": [],
    "block_count": 0, "override_count": 0, "warning_count": 0, "superseded": None, "url": "https://forge.test/pull/1",
}  # fmt: skip
REASON = {
    "code": "block_violation", "message": "Query without a tenant", "remedy": "Fix it.", "rule": "R01",
    "file_path": "src/basket.ts", "line_number": 7,
}  # fmt: skip
BLOCKED = {**PASS, "verdict": "BLOCKED", "can_merge": False, "score": 90, "block_count": 1, "reasons": [REASON]}
QUEUED = {"id": ID, "status": "queued"}


class Asked(NamedTuple):
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def report(self) -> dict[str, Any]:
        """The report that it brought."""
        report: dict[str, Any] = json.loads(gzip.decompress(self.body))
        return report


class Said(NamedTuple):
    """An answer to give; a body that is no bytes is written as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] | None = None


RECEIPT = Said(202, {**QUEUED, "duplicate": False})
Answer = Said | Callable[[BaseHTTPRequestHandler], None]


class Console:
    """A server on a free port. ``posts`` and ``gets`` are given in their order; the last one stays."""

    def __init__(self) -> None:
        self.posts: list[Answer] = [RECEIPT]
        self.gets: list[Answer] = [Said(200, PASS)]
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        self.url = f"http://acme.localhost:{self.port}"

    @contextmanager
    def serving(self) -> Iterator["Console"]:
        """Serve until the end of the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    @property
    def report(self) -> dict[str, Any]:
        """The last report that was posted."""
        return next(asked.report for asked in reversed(self.asked) if asked.method == "POST")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        console = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._take(console.posts)

            def do_GET(self) -> None:
                self._take(console.gets)

            def _take(self, answers: list[Answer]) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                console.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if isinstance(answer, Said):
                    _say(self, answer)
                else:
                    answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def _say(handler: BaseHTTPRequestHandler, said: Said) -> None:
    body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
    handler.send_response(said.status)
    for name, value in {"Content-Length": str(len(body)), **(said.headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def break_off(handler: BaseHTTPRequestHandler) -> None:
    """Announce more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": ')
    handler.close_connection = True
