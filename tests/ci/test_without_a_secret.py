"""Jobs that sign in with the word of the CI service that runs them."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.ci.consoles import Console, Said
from tests.ci.running import Opa, Outcome

Check = Callable[..., Outcome]
SECRET, WORD = "request-secret", "header.body.signature"


class Actions:
    """What GitHub's runner offers a job that has ``id-token: write``."""

    def __init__(self) -> None:
        self.audiences: list[str] = []
        self.answers: list[Said] = [Said(200, {"count": 1, "value": WORD})]
        actions = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert self.headers["Authorization"] == f"Bearer {SECRET}"
                actions.audiences += parse_qs(urlsplit(self.path).query)["audience"]
                said = actions.answers.pop(0) if len(actions.answers) > 1 else actions.answers[0]
                body = json.dumps(said.body).encode()
                self.send_response(said.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.env = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{self.server.server_port}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": SECRET,
        }


@pytest.fixture
def actions() -> Iterator[Actions]:
    """GitHub's runner."""
    made = Actions()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_github_is_asked_for_its_word_once_for_the_console(actions: Actions, console: Console, check: Check) -> None:
    outcome = check(env=actions.env, token="")
    assert (outcome.code, actions.audiences) == (0, [console.url])
    assert {asked.headers["Authorization"] for asked in console.asked} == {f"Bearer {WORD}"}
    assert WORD not in outcome.log


def test_the_audience_may_be_another_and_a_token_goes_first(actions: Actions, console: Console, check: Check) -> None:
    assert check("--audience", "forge", env=actions.env, token="").code == 0
    assert actions.audiences == ["forge"]
    assert check(env=actions.env).code == 0
    assert (console.asked[-1].headers["Authorization"].split()[0], len(actions.audiences)) == ("Token", 1)


def test_gitlab_hands_its_word_over_in_a_variable(console: Console, check: Check) -> None:
    assert check(env={"FORGE_ID_TOKEN": WORD}, token="").code == 0
    assert console.asked[-1].headers["Authorization"] == f"Bearer {WORD}"


def test_the_policies_see_neither_word_nor_what_it_is_asked_with(actions: Actions, opa: Opa, check: Check) -> None:
    assert check(env={**actions.env, "FORGE_ID_TOKEN": WORD}, token="").code == 0
    assert not [line for line in opa.saw("environment") if "ID_TOKEN" in line or SECRET in line or WORD in line]


@pytest.mark.parametrize("answer", [Said(403, {}), Said(200, {}), Said(200, {"value": "a b"}), Said(200, [])], ids=str)
def test_without_permission_it_is_said_what_is_missing(actions: Actions, check: Check, answer: Said) -> None:
    actions.answers = [answer]
    outcome = check(env=actions.env, token="")
    assert outcome.code == 2
    assert "no ID token" in outcome.log or "characters that no token has" in outcome.log
