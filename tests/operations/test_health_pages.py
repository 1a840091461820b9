"""The pages of health: what a tenant's people see, what operators see, and what that costs."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from accounts.models import User
from compliance.models import Submission
from operations.models import Episode, Sample
from operations.services.platform import sample_platform
from operations.services.sampling import sample_tenant
from tenants.current import connection
from tenants.models import Tenant
from tests import factories
from tests.admin.pages import text_of

OURS, ALL = "/admin/operations/sample/", "/admin/operations/tenantreading/"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_known")]


def statements(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return sum(not query["sql"].startswith("SET ") for query in captured)


def test_a_tenant_sees_how_it_is_and_what_is_wrong(
    viewer: User, browser_for: Callable[..., Client], submit: Callable[..., Submission]
) -> None:
    now = timezone.now()
    submit(factories.report(), at=now - timedelta(minutes=7))
    Episode.objects.create(key="inbox", level="critical", title="A report has waited", began_at=now)
    page = text_of(browser_for(viewer).get(OURS))
    for shown in ("Unhealthy", "The oldest report has waited for 7 minutes.", "A report has waited", "and still so"):
        assert shown in page


def test_a_tenants_page_costs_the_same_after_a_day_of_samples(viewer: User, browser_for: Callable[..., Client]) -> None:
    browser, now = browser_for(viewer), timezone.now().replace(second=0, microsecond=0)
    browser.get(OURS)
    figures = {"pool_busy": 0.5, "queries": {"calls": 2, "total_ms": 9.0, "buckets": [0] * 15}, "deliveries": {}}
    Sample.objects.create(at=now, figures=figures)
    with_one = statements(browser, OURS)
    Sample.objects.bulk_create(Sample(at=now - timedelta(minutes=n), figures=figures) for n in range(1, 300))
    assert (with_one, statements(browser, OURS)) == (9, 9)
    page = text_of(browser.get(OURS))
    assert ("50%" in page, "4.5 ms" in page) == (True, True)


def test_operators_see_every_tenant_on_one_page_and_enter_none(
    operator_browser: Client, acme: Tenant, globex: Tenant, submit: Callable[..., Submission]
) -> None:
    now = timezone.now()
    submit(factories.report(), at=now - timedelta(minutes=2))
    with schema_context("public"):
        sample_platform(at=now)
    for tenant in (acme, globex):
        with tenant_context(tenant):
            sample_tenant(at=now)
    page = text_of(operator_browser.get(ALL))
    for shown in ("Acme", "Degraded", "Globex", "Healthy", "The oldest report has waited for 2 minutes."):
        assert shown in page
    assert statements(operator_browser, ALL) == 8
