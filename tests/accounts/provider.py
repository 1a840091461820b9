"""An identity provider: its discovery page and its keys over HTTP, and tokens signed with them."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
AUDIENCE = "https://acme.forge.example.com"


class Provider:
    """Signs what it is told to, and publishes the keys that it is given."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"first": RSA_KEY}
        self.asked: list[str] = []
        self.away = False
        self.url = ""

    def token(self, *, key: Any = RSA_KEY, kid: str = "first", alg: str = "RS256", **claims: Any) -> str:
        """A token of this provider: of kim, for us, for five minutes, unless ``claims`` say otherwise."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "preferred_username": "kim",
            "email": "kim@example.com",
            "org": "acme",
        } | claims
        body = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(body, key, algorithm=alg, headers={"kid": kid} if kid else {})

    def document(self, path: str) -> dict[str, Any] | None:
        """What stands at an address."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [_published(kid, key) for kid, key in self.keys.items()]} if path == "/keys" else None

    @contextmanager
    def running(self) -> Iterator["Provider"]:
        """Answers until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _published(kid: str, key: Any) -> dict[str, Any]:
    if isinstance(key, dict):
        return {"kid": kid, **key}
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


def _handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            found = None if provider.away else provider.document(self.path)
            body = json.dumps(found or {}).encode()
            self.send_response(503 if provider.away else 200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    return Handler
