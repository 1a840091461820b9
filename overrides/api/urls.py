"""``/api/compliance/overrides``."""

from django.urls import path

from overrides.api.views import (
    Approval,
    OverrideCollection,
    OverrideDetail,
    Rejection,
    Renewal,
    Revocation,
    Withdrawal,
)

app_name = "overrides"
urlpatterns = [
    path("overrides", OverrideCollection.as_view(), name="overrides"),
    path("overrides/<uuid:override_id>", OverrideDetail.as_view(), name="override"),
    path("overrides/<uuid:override_id>/approve", Approval.as_view(), name="approve"),
    path("overrides/<uuid:override_id>/reject", Rejection.as_view(), name="reject"),
    path("overrides/<uuid:override_id>/revoke", Revocation.as_view(), name="revoke"),
    path("overrides/<uuid:override_id>/withdraw", Withdrawal.as_view(), name="withdraw"),
    path("overrides/<uuid:override_id>/renew", Renewal.as_view(), name="renew"),
]
