"""``/api/auth/``: JSON web tokens for people."""

from django.urls import path

from accounts.api import schemes  # noqa: F401  registers the security schemes
from accounts.api.views import Refresh, SignIn

urlpatterns = [
    path("token", SignIn.as_view(), name="sign-in"),
    path("token/refresh", Refresh.as_view(), name="refresh-token"),
]
