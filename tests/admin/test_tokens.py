"""CI tokens in the admin: shown once, revoked for good."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import CIToken, User
from accounts.services import find_ci_token
from tests import factories
from tests.admin.pages import list_of, page_of, text_of

LIST = list_of("accounts_citoken")
ADD = reverse("admin:accounts_citoken_add")
WANTED = {"name": "shop ci", "repositories": "acme/shop\nacme/*\n", "expires_at_0": "", "expires_at_1": ""}


@pytest.fixture
def browser(browser_for: Callable[..., Client], tenant_admin: User) -> Client:
    """A tenant admin's browser."""
    return browser_for(tenant_admin)


def issue(browser: Client, **fields: Any) -> Any:
    """Fill the form in and press Save."""
    return browser.post(ADD, WANTED | fields)


def revoke_page(token: CIToken) -> str:
    """Where the page's button posts to."""
    return reverse("admin:accounts_citoken_revoke", args=[token.pk])


def test_a_token_is_issued_for_its_repositories(browser: Client, tenant_admin: User) -> None:
    secret = issue(browser).context["secret"]
    token = find_ci_token(secret, at=timezone.now())
    assert token is not None
    assert (token.name, token.repositories, token.created_by) == ("shop ci", ["acme/shop", "acme/*"], tenant_admin)


def test_a_secret_is_shown_once_and_kept_nowhere(browser: Client) -> None:
    response = issue(browser)
    secret = response.context["secret"]
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response.content.decode().count(secret) == 1
    for place in (LIST, page_of(CIToken.objects.get()), ADD):
        assert secret not in browser.get(place).content.decode()
    assert not any(secret in str(session.get_decoded()) for session in Session.objects.all())


def test_sending_the_form_again_issues_no_second_token(browser: Client) -> None:
    issue(browser)
    assert "There is a token of this name." in text_of(issue(browser))
    assert CIToken.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"repositories": " \n"}, "This field is required."),
        ({"name": ""}, "This field is required."),
        ({"repositories": "acme/shop\nacme shop"}, "Not a pattern like acme/shop"),
        ({"repositories": "x" * 201}, "at most 200 characters"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "That is over already."),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(browser: Client, fields: dict[str, str], refusal: str) -> None:
    assert refusal in text_of(issue(browser, **fields))
    assert not CIToken.objects.exists()


def test_revoking_ends_a_token(browser: Client) -> None:
    secret = issue(browser).context["secret"]
    token = CIToken.objects.get()
    assert "Revoked" in text_of(browser.post(revoke_page(token), follow=True))
    assert find_ci_token(secret, at=timezone.now()) is None
    assert revoke_page(token) not in browser.get(page_of(token)).content.decode()


def test_selected_tokens_are_revoked(browser: Client) -> None:
    for name in ("one", "two"):
        issue(browser, name=name)
    keys = list(CIToken.objects.values_list("pk", flat=True))
    browser.post(LIST, {"action": "revoke", "_selected_action": keys})
    assert not CIToken.objects.usable(timezone.now()).exists()


def test_a_link_revokes_nothing(browser: Client) -> None:
    issue(browser)
    assert browser.get(revoke_page(CIToken.objects.get())).status_code == 405


def test_what_a_token_may_do_is_never_changed(browser: Client) -> None:
    issue(browser)
    token = CIToken.objects.get()
    assert browser.post(page_of(token), WANTED | {"repositories": "*"}).status_code == 403
    assert browser.post(reverse("admin:accounts_citoken_delete", args=[token.pk]), {"post": "yes"}).status_code == 403


def test_a_compliance_admin_has_nothing_to_do_with_tokens(
    browser_for: Callable[..., Client], compliance_admin: User
) -> None:
    factories.ci_token("acme/*")
    token, browser = CIToken.objects.get(), browser_for(compliance_admin)
    answers = [
        browser.get(LIST),
        browser.get(page_of(token)),
        browser.post(ADD, WANTED),
        browser.post(revoke_page(token)),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert CIToken.objects.get().revoked_at is None
