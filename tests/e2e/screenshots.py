"""``make screenshots``: pictures of the pages, for docs/screenshots, of a demo that is made for them and thrown away.

``--demo FOLDER`` takes them of a running one instead (its ``demo.json`` is there).
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "screenshots"
SIZE = {"width": 1280, "height": 800}
COLOURS = 128
START_SECONDS = 600

Shot = tuple[str, str, dict[str, Any]]
LISTED: tuple[Shot, ...] = (
    ("overview", "/admin/", {}),
    ("overview-dark", "/admin/", {"color_scheme": "dark"}),
    ("overview-phone", "/admin/", {"viewport": {"width": 390, "height": 844}}),
    ("violations", "/admin/compliance/violation/", {}),
    ("pull-requests", "/admin/compliance/pullrequest/", {}),
    ("rules", "/admin/compliance/rule/", {}),
    ("rule", "/admin/compliance/rule/R01/change/", {}),
    ("trends", "/admin/trends/", {}),
    ("what-if", "/admin/what-if/", {}),
    ("overrides", "/admin/overrides/overriderequest/", {}),
    ("alerts", "/admin/alerts/alert/", {}),
    ("notifications", "/admin/alerts/notification/", {}),
    ("audit", "/admin/audit/auditentry/", {}),
    ("health", "/admin/operations/sample/", {}),
)
FIRST_OF = {
    "pull-request": "/admin/compliance/pullrequest/?verdict=BLOCKED",
    "override": LISTED[9][1],
    "alert": LISTED[10][1],
}
"""Pages of single things: the first of a list."""


def main() -> int:
    """Take them all; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, help="folder of a running demo")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("Chromium is not installed (apt install chromium).\n")
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with _demo(options.demo) as facts, sync_playwright() as playwright:
        arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        _take_all(browser, facts["tenants"]["acme"])
        browser.close()
    return 0


def _take_all(browser: Browser, tenant: dict[str, Any]) -> None:
    session = _signed_in(browser, tenant)
    for name, path, options in LISTED:
        with _page(browser, tenant, session, options) as page:
            answer = page.goto(path)
            if answer is not None and answer.ok:
                _keep(page, name)
            else:
                sys.stderr.write(f"{name}: there is no {path}\n")
    for name, path in FIRST_OF.items():
        with _page(browser, tenant, session, {}) as page:
            page.goto(path)
            first = page.locator("#result_list tbody th a, #result_list tbody td a").first
            if first.count():
                first.click()
                page.wait_for_load_state()
                _keep(page, name)


def _signed_in(browser: Browser, tenant: dict[str, Any]) -> Any:
    """A session of the compliance admin's."""
    person = tenant["users"]["compliance_admin"]
    context = browser.new_context(base_url=tenant["url"])
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("input[name=username]", person["username"])
    page.fill("input[name=password]", person["password"])
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    return context.storage_state()


@contextmanager
def _page(browser: Browser, tenant: dict[str, Any], session: Any, options: dict[str, Any]) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(
        base_url=tenant["url"], storage_state=session, **{"viewport": SIZE, **options}
    )
    yield context.new_page()
    context.close()


def _keep(page: Page, name: str) -> None:
    """A picture with as many colours as it needs: a third of the size."""
    page.wait_for_function("document.fonts.status === 'loaded'")
    image = Image.open(BytesIO(page.screenshot(animations="disabled")))
    path = PICTURES / f"{name}.png"
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB\n")


@contextmanager
def _demo(running: Path | None) -> Iterator[dict[str, Any]]:
    if running is not None:
        yield json.loads((running / "demo.json").read_text())
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="forge-screenshots-") as folder:
        command = [sys.executable, "-m", "operations.demo", "--port", str(port), "--data", folder]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            yield _facts(Path(folder, "demo.json"), process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def _facts(path: Path, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """What the demo writes once it is ready."""
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("The demo does not start.")
        time.sleep(1)
    facts: dict[str, Any] = json.loads(path.read_text())
    return facts


if __name__ == "__main__":
    raise SystemExit(main())
