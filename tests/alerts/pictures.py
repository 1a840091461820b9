"""``python -m tests.alerts.pictures``: docs/screenshots/alerts-*.png, of a demo that runs and of what is really sent.

Slack's message is made from the Block Kit that Slack gets, the email from the HTML that is mailed. Needs Playwright and
a Chromium (``CHROMIUM=/usr/bin/chromium``); ``make demo`` beside it has the inbox and the alert's page.
"""

import argparse
import html
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from alerts import messages
from alerts.choices import Occasion, Tier

DOCS = Path(__file__).parents[2] / "docs" / "screenshots"
WIDTH = 720
REALISTIC: dict[str, Any] = {
    "tier": Tier.BLOCK,
    "key": "pull:42:R01",
    "count": 7,
    "title": "R01 Multi-Tenant Isolation: 7 open on acme/shop#42",
    "facts": {
        "rule": "R01",
        "rule_name": "R01 Multi-Tenant Isolation",
        "category": "Security",
        "repository": "acme/shop",
        "pull_request": "acme/shop#42: Add the basket <beta>",
        "author": "kim",
        "items": [
            f"apps/api/src/{name}.service.ts:{line} HARD STOP [Security/R01]: findMany() without tenantId & join"
            for name, line in (
                ("basket", 48),
                ("basket", 71),
                ("orders", 12),
                ("orders", 203),
                ("stock", 9),
                ("vat", 4),
            )
        ],
    },
    "link": "https://acme.forge.example.com/admin/compliance/pullrequest/42/change/",
}
"""An alert as a verdict raises it."""
_SLACK = """
<!DOCTYPE html><html lang="en"><meta charset="utf-8"><style>
body { margin: 0; padding: 16px 20px; font: 15px/1.47 Lato, "Noto Sans", "Segoe UI", sans-serif; color: #1d1c1d }
main { display: grid; grid-template-columns: 36px 1fr; gap: 8px }
.face { width: 36px; height: 36px; border-radius: 6px; background: #4338ca; color: #fff; font-weight: 700;
        display: grid; place-items: center }
.who { font-weight: 900 } .app { font-size: 10px; background: #e8e8e8; border-radius: 2px; padding: 1px 4px }
time, .context { color: #616061; font-size: 12px } h3 { margin: 4px 0 8px; font-size: 18px; font-weight: 900 }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin: 8px 0 }
.section { margin: 8px 0; overflow-wrap: anywhere } .actions { display: flex; gap: 8px; margin: 8px 0 }
.actions a { border: 1px solid #bbb; border-radius: 4px; padding: 4px 12px; font-weight: 700; color: #1d1c1d;
             text-decoration: none }
.actions a.primary { background: #007a5a; border-color: #007a5a; color: #fff }
</style><main><div class="face">F</div><div>
<span class="who">Forge Console</span> <span class="app">APP</span> <time>9:41 AM</time>%s</div></main></html>
"""


def realistic_packet() -> Any:
    """What channels get of ``REALISTIC``."""
    from alerts.channels.base import Packet

    return Packet(
        id=UUID("01900000-0000-7000-8000-000000000001"),
        message=_said(),
        recipient="team@example.com",
        alert="01900000-0000-7000-8000-0000000000aa",
        acknowledge="https://acme.forge.example.com/alerts/acknowledge/signed/",
    )


def _said() -> messages.Message:
    return messages.of_alert(**{name: REALISTIC[name] for name in REALISTIC if name != "key"}, occasion=Occasion.OPENED)


def slack_page(payload: Mapping[str, Any]) -> str:
    """A message's Block Kit as HTML that looks like Slack does."""
    return _SLACK % "".join(map(_block, payload["blocks"]))


def _block(block: Mapping[str, Any]) -> str:
    match block:
        case {"type": "header", "text": {"text": text}}:
            return f"<h3>{html.escape(text)}</h3>"
        case {"type": "section", "fields": fields}:
            return f'<div class="fields">{"".join(f"<div>{_mrkdwn(field)}</div>" for field in fields)}</div>'
        case {"type": "section", "text": text}:
            return f'<div class="section">{_mrkdwn(text)}</div>'
        case {"type": "context", "elements": elements}:
            return f'<div class="context">{" ".join(map(_mrkdwn, elements))}</div>'
        case {"type": "actions", "elements": elements}:
            return f'<div class="actions">{"".join(map(_button, elements))}</div>'
    raise ValueError(f"a block that Slack is not sent: {block['type']}")


def _mrkdwn(text: Mapping[str, Any]) -> str:
    """Slack escapes the three characters itself, so that what it is sent is HTML but for the stars and the lines."""
    bold = re.sub(r"^\*(.+?)\*$", r"<b>\1</b>", text["text"], flags=re.MULTILINE)
    return bold.replace("\n", "<br>")


def _button(element: Mapping[str, Any]) -> str:
    return (
        f'<a class="{element.get("style", "")}" href="{html.escape(element["url"])}">'
        f"{html.escape(element['text']['text'])}</a>"
    )


def take_messages(browser: Any, folder: Path) -> Iterator[Path]:
    """Pictures of the Slack message and the email.

    Args:
        browser: Playwright's.
    """
    from alerts.channels.email import mail_of
    from alerts.channels.slack_blocks import payload_of

    packet = realistic_packet()
    ((mail, _),) = mail_of(packet).alternatives
    for name, page in {"slack": slack_page(payload_of([packet])), "email": str(mail)}.items():
        tab = browser.new_page(viewport={"width": WIDTH, "height": 100})
        tab.set_content(page)
        yield _taken(tab, folder / f"alerts-{name}.png", full_page=True)


def take_pages(browser: Any, folder: Path, *, url: str, username: str, password: str) -> Iterator[Path]:
    """Pictures of the inbox and of an alert's page, of a site that runs."""
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto(f"{url}/admin/")
    tab.fill("input[name=username]", username)
    tab.fill("input[name=password]", password)
    tab.click("button[type=submit]")
    tab.wait_for_load_state()
    tab.goto(f"{url}/admin/alerts/notification/")
    tab.click(".console-bell summary")
    yield _taken(tab, folder / "alerts-inbox.png")
    tab.goto(f"{url}/admin/alerts/alert/?tier__exact={Tier.BLOCK}&state__exact=open")
    tab.click("table tbody tr:first-child th a")
    tab.wait_for_load_state()
    yield _taken(tab, folder / "alerts-alert.png")


def _taken(tab: Any, path: Path, *, full_page: bool = False) -> Path:
    tab.screenshot(path=str(path), full_page=full_page)
    tab.close() if full_page else None
    return path


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox"])
        yield browser
        browser.close()


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.alerts.pictures", description=__doc__)
    parser.add_argument("--demo", type=Path, help="the folder of a demo that runs (make demo DATA=…): also its pages")
    parser.add_argument("--folder", type=Path, default=DOCS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        taken = list(take_messages(browser, options.folder))
        if options.demo:
            acme = json.loads((options.demo / "demo.json").read_text())["tenants"]["acme"]
            person = acme["users"]["compliance_admin"]
            login = {name: person[name] for name in ("username", "password")}
            taken += take_pages(browser, options.folder, url=acme["url"], **login)
    for path in taken:
        print(f"{path}: {path.stat().st_size // 1024} KB")  # noqa: T201
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    import django

    django.setup()
    sys.exit(main())
