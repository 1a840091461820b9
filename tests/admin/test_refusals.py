"""What people and programs see where they may not go, and where nothing is."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client, RequestFactory

from accounts.models import User
from core.problems import MEDIA_TYPE
from core.views import bad_request, is_program, server_error
from tenants.current import connection
from tenants.models import Tenant
from tests.admin.pages import text_of

PEOPLE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def suspended(acme: Tenant) -> Iterator[None]:
    """acme is suspended while the test runs."""
    connection.set_schema_to_public()
    for state in (Tenant.State.SUSPENDED, Tenant.State.ACTIVE):
        acme.state = state
        acme.save()
        if state == Tenant.State.SUSPENDED:
            yield


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/admin/accounts/user/", 403, "Your role does not allow this."),
        ("/nowhere", 404, "There is nothing at this address."),
        ("/admin/compliance/violation/%2500/history/", 404, "There is nothing at this address."),
    ],
)
def test_a_person_reads_what_is_wrong_and_finds_home(
    address: str, status: int, told: str, browser_for: Callable[..., Client], viewer: User
) -> None:
    response = browser_for(viewer).get(address, headers=PEOPLE)
    assert response.status_code == status
    assert told in text_of(response)
    assert 'href="/"' in response.content.decode()


def test_the_public_host_has_the_same_pages(operator_browser: Client) -> None:
    assert "There is nothing at this address." in text_of(operator_browser.get("/nowhere", headers=PEOPLE))


def test_a_person_at_an_unknown_host_reads_a_page(db: None) -> None:
    response = Client(headers={"host": "nobody.localhost"}).get("/", headers=PEOPLE)
    assert response.status_code == 404
    assert "No tenant answers to this host name." in text_of(response)
    assert "<a " not in response.content.decode()


def test_a_person_at_a_suspended_tenant_reads_a_page(suspended: None) -> None:
    response = Client(headers={"host": "acme.localhost"}).get("/admin/", headers=PEOPLE)
    assert response.status_code == 403
    assert "This tenant is suspended." in text_of(response)


@pytest.mark.parametrize("host", ["nobody.localhost", "acme.localhost"])
@pytest.mark.parametrize(
    ("address", "accept"), [("/api/nowhere", "text/html"), ("/nowhere", "application/json"), ("/nowhere", "*/*")]
)
def test_a_program_reads_a_problem(db: None, host: str, address: str, accept: str) -> None:
    response = Client(headers={"host": host}).get(address, headers={"accept": accept})
    assert (response.status_code, response["Content-Type"]) == (404, MEDIA_TYPE)


@pytest.mark.parametrize("broken", [bad_request, server_error])
def test_pages_for_what_broke_need_neither_session_nor_tenant(broken: Callable[..., object]) -> None:
    request = RequestFactory().get("/admin/", headers=PEOPLE)
    assert not is_program(request)
    response = broken(request, ValueError()) if broken is bad_request else broken(request)
    assert "Forge Console" in text_of(response)
