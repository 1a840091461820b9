"""Alerts: recorded always, sent while ALERTS_ENABLED is on; email where EMAIL_URL names a server
(smtp+tls://user:password@host:587)."""

from typing import Any

from config.settings.environment import BASE_DOMAIN, env

ALERTS_ENABLED = env.bool("ALERTS_ENABLED", default=True)
_email: dict[str, Any] = env.email_url("EMAIL_URL", default="dummymail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"] or "", _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.get("EMAIL_USE_TLS", False), _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
# Hosts beside the providers' own that Slack and PagerDuty channels may call: a proxy, a server that speaks the same.
ALERT_PROVIDER_HOSTS: list[str] = env.list("ALERT_PROVIDER_HOSTS", default=[])
# Apprise opens its own connections: with this, channels may name any host, also one inside of the network.
ALERT_APPRISE_ANY_URL = env.bool("ALERT_APPRISE_ANY_URL", default=False)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"forge-console@{BASE_DOMAIN}")
