"""Requests to addresses that people of a tenant have entered: never into the network that we run in.

The name is resolved once, every address that it has is checked, and the connection goes to a checked one: a second
look-up could answer otherwise. Redirects are not followed, proxies and credentials of our environment not used,
answers are read up to a limit and a deadline. ``OUTGOING_ALLOWED_NETWORKS`` opens private networks, for a code host
or a chat server of one's own.
"""

import socket
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from core.errors import DomainError

TIMEOUT_SECONDS = 10.0
"""For connecting, and for each read."""
DEADLINE_SECONDS = 30.0
"""For reading an answer as a whole."""
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_NAT64 = IPv6Network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


class AddressRefused(DomainError):
    """The address lies in a network that we do not send to."""


def check_address(text: str) -> None:
    """Refuse an address that is not on the public internet, unless the installation allows its network.

    Raises:
        AddressRefused: it is private, loopback, link-local, multicast or reserved.
    """
    # An IPv4 address may hide in an IPv6 one, which then says nothing about itself.
    address = _unwrapped(ip_address(text.partition("%")[0]))
    if any(address in ip_network(network) for network in settings.OUTGOING_ALLOWED_NETWORKS):
        return
    if not address.is_global or address.is_multicast:
        raise AddressRefused(
            "address_refused",
            f"{address} is not on the public internet. An operator may allow its network (OUTGOING_ALLOWED_NETWORKS).",
        )


def checked_addresses(host: str, port: int) -> Sequence[str]:
    """Resolve a name; all that it resolves to has to be allowed.

    Raises:
        AddressRefused: at least one address is not.
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        check_address(address)
    return addresses


def session() -> requests.Session:
    """A session of ``requests`` for such addresses. Give each request a ``timeout`` (``TIMEOUT_SECONDS``).

    Its requests raise ``AddressRefused``, and what requests raise.
    """
    made = _Session()
    made.trust_env = False
    for scheme in ("https://", "http://"):
        made.mount(scheme, CheckedAdapter())
    return made


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: where an answer sends us was checked by nobody."""
        return


class CheckedAdapter(HTTPAdapter):
    """Connects to checked addresses and reads bounded answers. Retries nothing: callers know what may be repeated."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Pools whose connections look before they connect."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _CheckedHTTPPool, "https": _CheckedHTTPSPool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, and read the answer at once."""
        response = super().send(request, *args, **{**kwargs, "stream": True})
        response._content = _read(response)
        response._content_consumed = True
        return response


def _read(response: requests.Response) -> bytes:
    deadline = time.monotonic() + DEADLINE_SECONDS
    body = bytearray()
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                raise requests.exceptions.ContentDecodingError("The answer is too long or takes too long.")
    except HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    finally:
        response.raw.release_conn()
    return bytes(body)


def _connected(connection: HTTPConnection) -> socket.socket:
    try:
        addresses = checked_addresses(connection.host, connection.port)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    failure: OSError | None = None
    for address in addresses:
        try:
            made = create_connection((address, connection.port), connection.timeout, None, connection.socket_options)
        except OSError as error:
            failure = error
        else:
            return made
    raise NewConnectionError(connection, f"Failed to connect: {failure}") from failure


class _CheckedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _CheckedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        # The certificate is checked against the name all the same: ``host`` stays what it was.
        return _connected(self)


class _CheckedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _CheckedHTTPConnection


class _CheckedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPSConnection


def _unwrapped(address: Address) -> Address:
    if not isinstance(address, IPv6Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
