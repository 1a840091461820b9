"""A browser on a running site: started once for the folder, with one set of data that the journeys share."""

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from accounts.models import User
from tenants.current import connection
from tests.clients import TenantClient
from tests.conftest import remove_everything, tenant_named
from tests.e2e.world import World
from tests.running import RunningSite

# Every part of every page asks each second: nothing here waits for minutes.
IMPATIENT = {f"LIVE_{kind}_SECONDS": "1" for kind in ("STATUS", "VIOLATIONS", "TRENDS", "BELL")}
# Of a machine that does much else.
PATIENCE_MS = 45_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where no browser is, nothing is started for it."""
    if chromium_path():
        return
    mark = pytest.mark.skip(reason="Chromium is not installed (apt install chromium)")
    for item in items:
        if "tests/e2e/" in item.nodeid:
            item.add_marker(mark)


def chromium_path() -> str | None:
    """Debian's Chromium, or whatever this machine calls it."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="package")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """The web process alone: what workers would do, the tests do."""
    with RunningSite(tmp_path_factory.mktemp("site"), environment=IMPATIENT) as running:
        yield running


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser; each person who sits down at it has a profile of their own."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patched:
        # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        # Root may not use the sandbox, and a container's /dev/shm is too small.
        arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def world(chromium: Browser, site: RunningSite, django_db_blocker: Any) -> Iterator[World]:
    """People and what they work on, committed, so that the site sees it; removed at the end."""
    with django_db_blocker.unblock():
        connection.set_tenant(tenant_named("acme"))
        yield World.made()
        connection.close()
        connection.set_schema_to_public()
        remove_everything()


class Seat:
    """Makes signed-in pages, and remembers what their browsers complained of."""

    def __init__(self, chromium: Browser, site: RunningSite) -> None:
        self._chromium, self._site = chromium, site
        self._contexts: list[Any] = []
        self.complaints: list[str] = []
        self.expected = re.compile(r"(?!)")

    def __call__(self, user: User | None, path: str = "/admin/", **options: Any) -> Page:
        """A page of somebody's (``None``: of nobody), opened at a path. Options are those of a browser context."""
        host = f"http://acme.localhost:{self._site.port}"
        context = self._chromium.new_context(base_url=host, **{"viewport": {"width": 1280, "height": 800}, **options})
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if user is not None:
            client = TenantClient(tenant_named("acme"))
            client.force_login(user)
            context.add_cookies(
                [{"name": "forge_session", "value": client.cookies["forge_session"].value, "url": host}]
            )
        page: Page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def leave(self) -> None:
        """Close everything, and tell what was complained of and not expected."""
        for context in self._contexts:
            context.close()
        unexpected = [told for told in self.complaints if not self.expected.search(told)]
        assert unexpected == []


@pytest.fixture
def sit(chromium: Browser, site: RunningSite, world: World) -> Iterator[Seat]:
    """Sit down as somebody: ``sit(world.viewer, "/admin/")``. No page may write an error into the browser's console."""
    seat = Seat(chromium, site)
    yield seat
    seat.leave()
