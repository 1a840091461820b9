"""The console as CI sees it, against servers that misbehave."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from compliance.evaluation.console import Console, Refused

TOKEN = "fct_secret"
PROBLEM = b'{"title": "Wrong", "detail": "The report is wrong.", "errors": {"commit_sha": ["Needed."]}}'


class _Server(ThreadingHTTPServer):
    answer: tuple[int, bytes] = (200, b"{}")
    seen: list[tuple[str, str | None]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.headers["Host"], self.headers["Authorization"]))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["Authorization"]))

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def refusal(server: _Server, status: int, body: bytes = b"") -> str:
    server.answer = status, body
    with pytest.raises(Refused) as refused:
        Console(f"http://acme.localhost:{server.server_port}", TOKEN).post({})
    return refused.value.message


def test_names_under_localhost_are_this_machine(server: _Server) -> None:
    server.answer = 202, b'{"id": "1"}'
    host = f"acme.localhost:{server.server_port}"
    assert Console(f"http://{host}", TOKEN).post({}) == {"id": "1"}
    assert server.seen == [(host, f"Token {TOKEN}")]


def test_a_problem_is_told_with_its_fields(server: _Server) -> None:
    assert refusal(server, 422, PROBLEM) == "422 The report is wrong. commit_sha: Needed."


def test_a_redirect_gets_no_token(server: _Server) -> None:
    assert refusal(server, 302).startswith("302")
    assert len(server.seen) == 1


def test_what_is_no_console_is_said(server: _Server) -> None:
    assert "does not answer as a console" in refusal(server, 200, b"<html>")


def test_a_console_that_is_away_is_said(server: _Server) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(Refused, match="does not answer as a console"):
        Console(f"http://127.0.0.1:{server.server_port}", TOKEN).post({})


@pytest.mark.parametrize("url", ["", "acme.forge.example.com", "ftp://acme", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="is no address of a console"):
        Console(url, TOKEN)


def test_a_verdict_that_does_not_come_is_not_waited_for_for_ever() -> None:
    with pytest.raises(Refused, match="no verdict within 0 s"):
        Console("http://127.0.0.1:1", TOKEN).await_verdict("http://127.0.0.1:1/x", within=0)
