"""What people come to the console for, in a browser."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Seat
from tests.e2e.world import LINE, World


def test_the_viewer_finds_the_blocking_line_in_two_clicks(sit: Seat, world: World) -> None:
    page = sit(world.viewer)
    page.get_by_role("link", name=str(world.blocked), exact=True).first.click()
    expect(page.get_by_text("May not be merged")).to_be_visible()
    expect(page.get_by_text(str(LINE["message"])).first).to_be_visible()
    expect(page.get_by_text(re.compile(str(LINE["file"]))).first).to_be_visible()


def test_the_bell_rings_without_reload_and_leads_to_what_it_is_about(sit: Seat, world: World) -> None:
    page = sit(world.admin, "/admin/compliance/rule/")
    expect(page.get_by_text("No unread notifications")).to_be_attached()
    world.tell(world.admin, "R01 is violated in acme/shop#7")
    expect(page.get_by_text("Unread notifications: 1")).to_be_attached()
    page.locator("#console-bell summary").click()
    page.get_by_role("button", name="R01 is violated in acme/shop#7").click()
    expect(page.get_by_text("May not be merged")).to_be_visible()
    expect(page.get_by_text("No unread notifications")).to_be_attached()


def test_a_lost_connection_is_said_and_its_return_too(sit: Seat, world: World) -> None:
    page = sit(world.viewer)
    sit.expected = re.compile("ERR_INTERNET_DISCONNECTED|htmx:sendError")
    sign = page.locator("#console-connection")
    expect(sign).to_have_text(re.compile("Live"))
    page.context.set_offline(True)
    expect(sign).to_have_text(re.compile("No connection, trying again"))
    page.context.set_offline(False)
    expect(sign).to_have_text(re.compile("Live"))
