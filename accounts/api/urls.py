"""``/api/auth/``: JSON web tokens for people, and their end."""

from django.urls import path

from accounts.api import schemes  # noqa: F401  registers the security schemes
from accounts.api.views import Refresh, SignIn, SignOut

urlpatterns = [
    path("token", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("token/refresh", Refresh.as_view(), name="refresh-token"),
]
