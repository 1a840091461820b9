"""All pages of a tenant's console, and axe-core to walk over them."""

from importlib.resources import files
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page

from config.unfold import TENANT_NAVIGATION
from tests.e2e.world import World, open_violation

# Out of a package of Python's index, pinned by the lock: nothing is fetched.
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_RUN = """
async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], runOnly: [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]});
  return found.violations
    .filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => one.id + ": " + one.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(" | "));
}
"""


def menu() -> list[str]:
    """The addresses that the menu leads to, once each."""
    return list(dict.fromkeys(str(item["link"]) for group in TENANT_NAVIGATION for item in group["items"]))


def records(world: World) -> list[str]:
    """Pages of single things that have templates of their own."""
    violation = open_violation(world.blocked)
    evaluation = world.blocked.evaluations.latest("pk")
    rows = [
        ("compliance_pullrequest", world.blocked.pk),
        ("compliance_pullrequest", world.passed.pk),
        ("compliance_violation", violation.pk),
        ("compliance_rule", "R01"),
        ("compliance_evaluation", evaluation.pk),
        ("compliance_submission", evaluation.submission_id),
        ("overrides_overriderequest", world.pending.pk),
    ]
    return [reverse(f"admin:{model}_change", args=[key]) for model, key in rows]


def complaints(page: Page) -> list[str]:
    """What axe-core finds serious about the page as it stands."""
    page.evaluate(AXE)
    found: list[Any] = page.evaluate(_RUN)
    return [f"{page.url}: {complaint}" for complaint in found]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
