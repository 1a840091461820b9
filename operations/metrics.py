"""``/metrics``: who may read it. What it says stands in ``operations.queries.metrics``."""

import logging
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views import View

from core.origin import address_of
from core.problems import problem_response
from operations.exposition import CONTENT_TYPE
from operations.queries.metrics import metrics

logger = logging.getLogger(__name__)
_REFUSAL = "Send METRICS_TOKEN as a bearer token, or call from one of METRICS_ALLOWED_NETWORKS."


class MetricsView(View):
    """For Prometheus, on the public host alone."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Every figure, of all tenants that are served."""
        if not (_knows_token(request) or _is_near(request)):
            return problem_response(403, "metrics_fenced", _REFUSAL)
        return HttpResponse(metrics(at=timezone.now()), content_type=CONTENT_TYPE)


def _knows_token(request: HttpRequest) -> bool:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    wanted: str = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and constant_time_compare(secret.strip(), wanted)


def _is_near(request: HttpRequest) -> bool:
    try:
        address = ip_address(address_of(request).partition("%")[0])
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.METRICS_ALLOWED_NETWORKS)
