"""A NUL in an address is refused before anything is looked up by it."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.admin.pages import list_of

RULES = list_of("compliance_rule")


@pytest.fixture
def browser(browser_for: Callable[..., Client], tenant_admin: User) -> Client:
    """A tenant admin's browser."""
    return browser_for(tenant_admin)


@pytest.mark.parametrize(
    "address",
    [
        f"{RULES}%00/change/",
        f"{RULES}?category=%00",
        f"{list_of('compliance_violation')}?rule__id__exact=%00",
        f"{list_of('compliance_submission')}?status__exact=%00",
        f"{list_of('accounts_user')}?role=%00",
        "/admin/autocomplete/?app_label=compliance&model_name=violation&field_name=repository&term=%00",
        "/%00",
    ],
)
def test_a_nul_in_the_address_is_400(address: str, browser: Client) -> None:
    response = browser.get(address, headers={"accept": "text/html"})
    assert response.status_code == 400
    assert "The address holds a NUL character." in response.content.decode()


def test_a_nul_that_is_only_quoted_twice_is_text(browser: Client) -> None:
    assert browser.get(f"{RULES}?q=%2500").status_code == 200


def test_any_host_refuses_it(operator_browser: Client) -> None:
    for client in (operator_browser, Client(headers={"host": "nobody.localhost"})):
        assert client.get("/admin/?q=%00").status_code == 400


def test_the_api_names_the_parameter_itself(browser: Client) -> None:
    response = browser.get("/api/compliance/violations?q=%00")
    assert (response.status_code, list(response.json()["errors"])) == (422, ["q"])
