"""Slack, PagerDuty and a mail server as local servers that answer as their documents say, or as a test tells them."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
BOT_TOKEN = "xoxb-a-token-of-acme"


class Answer(NamedTuple):
    """What a server says instead of what it would."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = {}
    drops: bool = False
    """Ends the connection without a word."""
    after: bool = False
    """Does what it was asked first."""
    hangs: float = 0.0
    """Seconds before it says anything."""


class Asked(NamedTuple):
    """A request."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Provider:
    """An HTTP server on a free port of this machine.

    ``whims`` answers instead of it for as long as it returns something.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.next: list[Answer] = []
        self.whims: Callable[[], Answer | None] = lambda: None
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def respond(self, asked: Asked) -> Answer:
        """What it says."""
        with self.lock:
            self.asked.append(asked)
            instead = self.next.pop(0) if self.next else self.whims()
            if instead is None or instead.after:
                answer = self.answer(asked)
                return instead or answer
            return instead

    def answer(self, asked: Asked) -> Answer:
        """What the provider would say."""
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve for the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            self.closing.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class SlackServer(Provider):
    """An incoming webhook at ``/services/…``, and ``/api/chat.postMessage`` for one bot in one channel."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[dict[str, Any]] = []
        self.webhook = f"{self.url}/services/T000/B000/secret"

    def answer(self, asked: Asked) -> Answer:
        """``ok`` or a code; of the Web API: JSON."""
        if asked.path.startswith("/services/"):
            code = self._take(asked.body)
            return Answer(200, "ok") if code == "ok" else Answer(400, code)
        if asked.headers.get("authorization") != f"Bearer {BOT_TOKEN}":
            return _json(200, {"ok": False, "error": "invalid_auth"})
        if asked.body.get("channel") != "C024BE91L":
            return _json(200, {"ok": False, "error": "channel_not_found"})
        code = self._take(asked.body)
        if code != "ok":
            return _json(200, {"ok": False, "error": "invalid_blocks"})
        return _json(200, {"ok": True, "channel": "C024BE91L", "ts": f"1503435956.{len(self.posted):06}"})

    def _take(self, body: Any) -> str:
        if not isinstance(body, dict) or not (body.get("text") or body.get("blocks")):
            return "no_text"
        if not is_block_kit(body.get("blocks", [])):
            return "invalid_blocks"
        self.posted.append(body)
        return "ok"


def is_block_kit(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Slack would take these blocks, of the kinds that we send."""
    return len(blocks) <= 50 and all(_is_block(block) for block in blocks)


def _is_block(block: Mapping[str, Any]) -> bool:
    match block:
        case {"type": "header", "text": {"type": "plain_text", "text": text}}:
            return 0 < len(text) <= 150
        case {"type": "section", "text": {"type": "mrkdwn", "text": text}}:
            return 0 < len(text) <= 3000
        case {"type": "section", "fields": fields}:
            return 0 < len(fields) <= 10 and all(0 < len(field["text"]) <= 2000 for field in fields)
        case {"type": "context", "elements": elements}:
            return 0 < len(elements) <= 10 and all(0 < len(element["text"]) <= 2000 for element in elements)
        case {"type": "actions", "elements": elements}:
            ids = {element["action_id"] for element in elements}
            short = all(len(e["url"]) <= 3000 and len(e["text"]["text"]) <= 75 for e in elements)
            return 0 < len(elements) == len(ids) <= 25 and short
    return False


class PagerDutyServer(Provider):
    """``/v2/enqueue`` with a store of incidents by their keys."""

    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[str, list[str]] = {}
        """Key → what has become of it, each state once."""
        self.events: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        """202, or 400 with what is wrong."""
        event = asked.body
        if event.get("routing_key") != ROUTING_KEY:
            return _invalid("Invalid routing key")
        action, key = event.get("event_action"), event.get("dedup_key", "")
        if action not in ("trigger", "acknowledge", "resolve") or not 0 < len(key) <= 255:
            return _invalid("'event_action' is invalid")
        if action == "trigger" and not 0 < len(event.get("payload", {}).get("summary", "")) <= 1024:
            return _invalid("'payload.summary' is missing or blank")
        self.events.append(event)
        self._move(key, action)
        return _json(202, {"status": "success", "message": "Event processed", "dedup_key": key})

    def _move(self, key: str, action: str) -> None:
        states = self.incidents.get(key, [])
        live = bool(states) and states[-1] != "resolve"
        if action == "trigger" and not live:
            self.incidents[key] = [*states, "trigger"]
        elif live and action not in ("trigger", states[-1]):
            states.append(action)


class Receiver(Provider):
    """Takes everything, as the address of a signed webhook does or of a service that Apprise knows."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Asked] = []

    def answer(self, asked: Asked) -> Answer:
        """204."""
        self.taken.append(asked)
        return Answer(204)


class MailServer:
    """A real SMTP server that keeps what it takes, and answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.next: list[str] = []
        """Replies to DATA, instead of taking the message; ``drop`` ends the connection."""
        self.refused: dict[str, str] = {}
        """Recipient → reply."""
        self.whims: Callable[[], str] = lambda: ""

    async def handle_RCPT(  # noqa: N802  as aiosmtpd calls it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Take a recipient, or not."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message, or not. ``250`` and then nothing: taken, but the answer is lost."""
        reply = self.next.pop(0) if self.next else self.whims()
        if not reply or reply == "lost":
            self.taken.append(message_from_bytes(envelope.content))
        if reply in ("drop", "lost"):
            server.transport.abort()
        return reply or "250 OK"

    @contextmanager
    def running(self) -> Iterator[int]:
        """Serve for the block; gives the port."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        controller = Controller(self, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            yield port
        finally:
            controller.stop()


def parts_of(mail: Message) -> dict[str, str]:
    """Text and HTML of a mail, by their types."""
    parts = [part for part in mail.walk() if not part.is_multipart()]
    return {part.get_content_type(): _decoded(part) for part in parts}


def links_in(text: str) -> list[str]:
    """The addresses in a text."""
    return re.findall(r"https?://[^\s\"<>]+", text)


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode("utf-8").replace("\r\n", "\n")


def _json(status: int, body: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(body), {"content-type": "application/json"})


def _invalid(error: str) -> Answer:
    return _json(400, {"status": "invalid event", "message": "Event object is invalid", "errors": [error]})


def _handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = provider.respond(Asked(self.path, headers, json.loads(content)))
            if answer.hangs:
                provider.closing.wait(answer.hangs)
            if answer.drops or answer.hangs:
                return
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler
