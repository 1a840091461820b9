"""Requests to addresses that tenants enter: to the public internet, and to what the installation allows."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from django.test import override_settings

from core import outgoing
from core.outgoing import AddressRefused, check_address, checked_addresses, session

REFUSED = [
    "127.0.0.1", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "0.0.0.1", "::1", "::", "fe80::1%eth0", "fd12::1", "ff02::1", "::ffff:10.0.0.1",
    "64:ff9b::a00:1", "2002:0a00:0001::",
]  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """Answers, redirects, or never stops answering."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "/secret")
        self.end_headers()
        self.wfile.write(b"x" * (100 if self.path != "/endless" else 70_000))

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Handler.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://localhost:{running.server_port}"
        running.shutdown()
        thread.join()


def get(url: str) -> requests.Response:
    with session() as opened:
        return opened.get(url, timeout=5)


@pytest.mark.parametrize("address", REFUSED)
@override_settings(OUTGOING_ALLOWED_NETWORKS=[])
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address)


@pytest.mark.parametrize("address", ["140.82.121.6", "2606:50c0:8000::153", "64:ff9b::8c52:7906"])
@override_settings(OUTGOING_ALLOWED_NETWORKS=[])
def test_what_is_public_is_not(address: str) -> None:
    check_address(address)


@override_settings(OUTGOING_ALLOWED_NETWORKS=["10.20.0.0/16", "fd12::/48"])
def test_an_operator_may_allow_a_network() -> None:
    check_address("10.20.3.4")
    check_address("fd12::7")
    with pytest.raises(AddressRefused):
        check_address("10.21.0.1")


@override_settings(OUTGOING_ALLOWED_NETWORKS=[])
def test_nothing_is_sent_to_a_name_that_leads_inside(server: str) -> None:
    with pytest.raises(AddressRefused):
        get(f"{server}/secret")
    assert Handler.asked == []


@pytest.mark.parametrize("spelling", ["0x7f000001", "2130706433", "127.1"])
@override_settings(OUTGOING_ALLOWED_NETWORKS=[])
def test_loopback_is_refused_however_it_is_spelt(spelling: str) -> None:
    with pytest.raises(AddressRefused):
        checked_addresses(spelling, 80)


@override_settings(OUTGOING_ALLOWED_NETWORKS=["127.0.0.0/8", "::1/128"])
def test_what_is_allowed_answers(server: str) -> None:
    assert get(f"{server}/fine").content == b"x" * 100


@override_settings(OUTGOING_ALLOWED_NETWORKS=["127.0.0.0/8", "::1/128"])
def test_a_redirect_is_an_answer_and_not_followed(server: str) -> None:
    assert get(f"{server}/away").status_code == 302
    assert Handler.asked == ["/away"]


@override_settings(OUTGOING_ALLOWED_NETWORKS=["127.0.0.0/8", "::1/128"])
def test_an_answer_is_read_up_to_a_limit(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_ANSWER_BYTES", 50_000)
    with pytest.raises(requests.RequestException):
        get(f"{server}/endless")


@override_settings(OUTGOING_ALLOWED_NETWORKS=["127.0.0.0/8", "::1/128"])
def test_nobody_listening_is_a_connection_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(requests.ConnectionError):
        get(f"http://127.0.0.1:{port}/")


def test_proxies_and_netrc_of_our_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with override_settings(OUTGOING_ALLOWED_NETWORKS=["127.0.0.0/8", "::1/128"]):
        assert get(f"{server}/fine").status_code == 200
