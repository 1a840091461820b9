"""Saved views: one's own filters by name."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from compliance.models import Evaluation
from core.errors import DomainError, Forbidden
from dashboard.models import SavedView
from dashboard.services.views import change_view, delete_view, lasting, save_view
from tests import factories
from tests.admin.pages import list_of, page_of, text_of

LIST, PULLS = list_of("compliance_violation"), list_of("compliance_pullrequest")
SAVE = reverse("admin:compliance_violation_save_view")
PAGE = SavedView.Page.VIOLATIONS
BLOCKING = "severity__exact=BLOCK&standing=OPEN"


@pytest.fixture
def browser(browser_for: Callable[..., Client], viewer: User) -> Client:
    """A viewer's browser."""
    return browser_for(viewer)


def saved(by: User, name: str = "Blocking", query: str = BLOCKING, **options: Any) -> SavedView:
    """A view of the violations."""
    return save_view(page=PAGE, name=name, query=QueryDict(query), by=by, **options)


def chips(response: Any) -> list[tuple[str, str, bool]]:
    """The views that a list offers."""
    return [(row["name"], row["address"], row["chosen"]) for row in response.context["views"]["rows"]]


def test_a_list_is_saved_as_it_is_filtered_and_applied_in_one_click(browser: Client) -> None:
    response = browser.get(f"{LIST}?standing=OPEN&severity__exact=BLOCK&after=x")
    browser.post(SAVE, {"name": "  Blocking \n now ", "query": response.context["views"]["query"]})
    shown = browser.get(f"{LIST}?severity__exact=BLOCK&standing=OPEN")
    assert chips(shown) == [("Blocking now", f"?{BLOCKING}", True)]
    assert "Save this view" not in text_of(shown)
    assert chips(browser.get(PULLS)) == []


def test_a_list_opens_with_ones_default_view_and_shows_all_when_asked(browser: Client, viewer: User) -> None:
    saved(viewer, is_default=True)
    saved(viewer, "Another", "standing=live", is_default=True)
    assert browser.get(LIST)["Location"] == "?standing=live"
    assert browser.get(f"{LIST}?view=all").status_code == 200
    assert SavedView.objects.get(is_default=True).name == "Another"


def test_others_see_what_is_shared_and_their_lists_open_as_before(
    browser: Client, viewer: User, compliance_admin: User
) -> None:
    saved(compliance_admin, "Shared", shared=True, is_default=True)
    saved(compliance_admin, "Private")
    shown = browser.get(LIST)
    assert chips(shown) == [("Shared", f"?{BLOCKING}", False)]
    assert f"by {compliance_admin.username}" in text_of(shown)


def test_a_view_of_the_same_name_takes_the_new_filters(viewer: User) -> None:
    saved(viewer)
    saved(viewer, query="rule__id__exact=R01")
    assert SavedView.objects.get().query == "rule__id__exact=R01"


def test_a_view_is_renamed_and_deleted_on_its_page(browser: Client, viewer: User) -> None:
    view = saved(viewer)
    browser.post(page_of(view), {"name": "Stops", "is_default": "on"})
    view.refresh_from_db()
    assert (view.name, view.is_default, view.query) == ("Stops", True, BLOCKING)
    browser.post(reverse("admin:dashboard_savedview_delete", args=[view.pk]), {"post": "yes"})
    assert not SavedView.objects.exists()


def test_a_name_that_is_taken_is_refused_at_its_field(browser: Client, viewer: User) -> None:
    saved(viewer)
    other = saved(viewer, "Another", "standing=live")
    response = browser.post(page_of(other), {"name": "Blocking"})
    assert "You have a view of this name already." in text_of(response)


def test_somebody_elses_view_is_neither_seen_nor_changed(browser: Client, viewer: User, compliance_admin: User) -> None:
    theirs = saved(compliance_admin, shared=True)
    assert browser.get(page_of(theirs)).status_code == 302
    with pytest.raises(Forbidden):
        change_view(theirs, name="Mine", shared=True, is_default=False, by=viewer)
    with pytest.raises(Forbidden):
        delete_view(theirs, by=viewer)


def test_sharing_is_for_compliance_admins(browser: Client, viewer: User) -> None:
    with pytest.raises(Forbidden):
        saved(viewer, shared=True)
    response = browser.post(SAVE, {"name": "x", "query": BLOCKING, "shared": "on"}, follow=True)
    assert "Only compliance admins may share views." in text_of(response)


@pytest.mark.parametrize(
    ("name", "query"),
    [("", BLOCKING), (" ", BLOCKING), ("x" * 61, BLOCKING), ("\x00", BLOCKING), ("x", "q=" + "x" * 2_001)],
)
def test_a_view_has_a_name_and_filters_within_bounds(name: str, query: str, viewer: User) -> None:
    with pytest.raises(DomainError):
        saved(viewer, name, query)


def test_a_person_saves_so_many_views(viewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.services.views.MAX_VIEWS", 1)
    saved(viewer)
    saved(viewer, query="standing=live")
    with pytest.raises(DomainError, match="delete one first"):
        saved(viewer, "Another")


def test_what_belongs_to_a_moment_is_not_saved() -> None:
    assert lasting(QueryDict("q=b&p=3&e=1&after=x&view=all&standing=&a=2&a=1")) == "a=1&a=2&q=b"


def test_who_may_not_read_has_no_views(browser_for: Callable[..., Client], judge: Callable[..., Evaluation]) -> None:
    judge(factories.report())
    browser = browser_for(factories.user(Role.CI_REPORTER, password="correct horse"))
    assert "views" not in browser.get(PULLS).context
    assert browser.post(reverse("admin:compliance_pullrequest_save_view"), {"name": "x"}).status_code == 403
