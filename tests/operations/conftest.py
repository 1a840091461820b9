"""Fixtures of operations' tests."""

import pytest
from django_tenants.utils import schema_context

from alerts.models import Alert
from operations.models import Episode, ProcessReading, ResponseTally, Sample, TenantReading


@pytest.fixture
def nothing_known(db: None) -> None:
    """Nothing is known of the platform: sites that other tests have run told of themselves, and committed it."""
    with schema_context("public"):
        for model in (Episode, ProcessReading, ResponseTally, Sample, TenantReading):
            model.objects.all().delete()
        Alert.objects.filter(key__startswith="health:").delete()
