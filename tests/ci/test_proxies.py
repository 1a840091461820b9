"""Behind a proxy, and behind a certificate that is not trusted."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ci.consoles import Console
from tests.ci.running import TOKEN, Outcome

Check = Callable[..., Outcome]


@contextmanager
def recording(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that keeps the head of what each connection sends, and answers all of them alike."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                heard.append(b"")
                # Older Pythons send a request's head line by line.
                while b"\r\n\r\n" not in heard[-1] and (piece := connection.recv(65536)):
                    heard[-1] += piece
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(server.getsockname()[1]), heard
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def test_https_goes_through_the_proxy_and_shows_it_no_token(check: Check) -> None:
    with recording(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as (port, heard):
        proxy = {"HTTPS_PROXY": f"http://kim:pr0xy@127.0.0.1:{port}"}
        outcome = check("--retry", "0", url="https://acme.forge.test", env=proxy)
    assert outcome.code == 2
    assert heard[0].startswith(b"CONNECT acme.forge.test:443 ")
    assert b"Proxy-Authorization: Basic " in heard[0]
    assert TOKEN.encode() not in heard[0]
    assert "407 Proxy Authentication Required" in outcome.log
    assert "pr0xy" not in outcome.log


def test_http_goes_through_its_proxy(console: Console, check: Check) -> None:
    proxy = {"HTTP_PROXY": f"http://127.0.0.1:{console.port}", "http_proxy": f"http://127.0.0.1:{console.port}"}
    assert check(url="http://acme.forge.test", env=proxy).code == 0
    assert console.asked[0].path == "http://acme.forge.test/api/compliance/reports"


def test_no_proxy_and_local_names_go_straight(console: Console, check: Check) -> None:
    with recording(b"") as (port, heard):
        proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"), f"http://127.0.0.1:{port}")
        assert check(env=proxy).code == 0
        straight = {**proxy, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        assert check(url=f"http://127.0.0.1:{console.port}", env=straight).code == 0
    assert heard == []


def test_a_certificate_that_is_not_trusted_is_no_outage(check: Check, untrusted: int) -> None:
    outcome = check("--on-error", "pass", url=f"https://127.0.0.1:{untrusted}")
    assert outcome.code == 2
    assert "certificate is not trusted" in outcome.log


def test_a_certificate_that_is_named_is_trusted(check: Check, untrusted: int, tmp_path: Path) -> None:
    env = {"SSL_CERT_FILE": str(tmp_path / "server.pem")}
    outcome = check("--retry", "0", url=f"https://127.0.0.1:{untrusted}", env=env)
    # It is answered: the server has no such method.
    assert "The console answers 501" in outcome.log


def test_no_tls_is_warned_of(console: Console, check: Check) -> None:
    proxy = {"http_proxy": f"http://127.0.0.1:{console.port}"}
    assert "everybody on the way can read the token" in check(url="http://acme.forge.test", env=proxy).log
    assert "everybody on the way" not in check().log
