"""A clone, an opa, a console that does as it is told, and a real one."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.core.cache import cache

from tests.ci.certificates import self_signed
from tests.ci.consoles import Console
from tests.ci.running import TOKEN, Opa, Outcome, report
from tests.evaluation.repositories import Repository
from tests.running import RunningSite


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """A repository with one commit on main, which ``base`` names, and one more."""
    repository = Repository(tmp_path / "clone")
    repository.git("tag", "base")
    repository.commit("Add basket\n\nFor customers.", {"src/basket.ts": "export const basket = [];\n"})
    return repository


@pytest.fixture
def opa(tmp_path: Path) -> Opa:
    """An ``opa`` for the PATH that finds nothing until it is told otherwise."""
    return Opa(tmp_path / "bin")


@pytest.fixture
def console() -> Iterator[Console]:
    """A console that takes every report and lets it pass until it is told otherwise."""
    with Console().serving() as serving:
        yield serving


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A folder with a policy, its data and its tests."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "security.rego").write_text("package compliance.security\n\ndeny contains m if { m := input.none }\n")
    (folder / "security_test.rego").write_text("package compliance.security_test\n")
    (folder / "exemptions.json").write_text('{"exemptions": {"files": []}}')
    return folder


@pytest.fixture
def check(clone: Repository, opa: Opa, policies: Path, console: Console) -> Callable[..., Outcome]:
    """Report the clone's head as pull request 42 of acme/shop to the console: ``check("--wait", "1", env={…})``."""

    def run(*flags: str, env: dict[str, str] | None = None, token: str = TOKEN, url: str = "") -> Outcome:
        said = ["--url", url or console.url, "--policies", str(policies), "--base", "base"]
        said += ["--repository", "acme/shop", "--pr-number", "42"]
        return report(*said, *flags, folder=clone.folder, env=env, path=opa.folder, token=token)

    return run


@pytest.fixture(scope="package")
def _running_site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with RunningSite(tmp_path_factory.mktemp("site"), runs=("web", "worker")) as running:
        yield running


@pytest.fixture
def site(_running_site: RunningSite, committed: None) -> RunningSite:
    """Forge Console without reports: web process and worker."""
    cache.clear()
    return _running_site


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[int]:
    """The port of a TLS server whose certificate nobody has signed but itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "server.pem"))
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # the client hangs up
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()
