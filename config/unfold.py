"""The admin's look and menu. Links are named, so that a page that is gone fails in the tests, not in the menu."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def unfold_settings(title: str, navigation: list[dict[str, Any]], *, overview: str | None = None) -> dict[str, Any]:
    """Unfold's settings for one site.

    Args:
        overview: path of the function that adds to the context of Django's first page, where that is shown.
    """
    return {
        "SITE_TITLE": lambda request: _titled(request, title),
        "SITE_HEADER": title,
        "SITE_SUBHEADER": _tenant_name,
        "SITE_SYMBOL": "policy",
        "SITE_FAVICONS": [
            {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/favicon.svg")},
        ],
        "SITE_URL": None,
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_BACK_BUTTON": True,
        "BORDER_RADIUS": "6px",
        "STYLES": [
            lambda request: static("console/console.css"),
            lambda request: static("console/live.css"),
            lambda request: static("console/charts.css"),
            lambda request: static("console/overview.css"),
        ],
        "SCRIPTS": [lambda request: static("console/live.js")],
        "COLORS": {"primary": PRIMARY},
        "DASHBOARD_CALLBACK": overview,
        "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": navigation},
    }


# A calm blue: red, orange and green are the verdicts'.
PRIMARY = {
    "50": "oklch(97% .014 254.6)",
    "100": "oklch(93.2% .032 255.6)",
    "200": "oklch(88.2% .059 254.1)",
    "300": "oklch(80.9% .105 251.8)",
    "400": "oklch(70.7% .165 254.6)",
    "500": "oklch(62.3% .214 259.8)",
    "600": "oklch(54.6% .245 262.9)",
    "700": "oklch(48.8% .243 264.4)",
    "800": "oklch(42.4% .199 265.6)",
    "900": "oklch(37.9% .146 265.5)",
    "950": "oklch(28.2% .091 267.9)",
}


def _tenant_name(request: HttpRequest) -> str:
    """Whose console this is."""
    return str(getattr(request, "tenant", ""))


def _titled(request: HttpRequest, title: str) -> str:
    """The sign-in page and the browser's tab name the tenant first: it is what tells two of them apart."""
    return f"{_tenant_name(request)} · {title}"


def _may(permission: str) -> Any:
    def permitted(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return permitted


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


def _page(title: str, icon: str, name: str, permission: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(name), "permission": _may(permission)}


OVERVIEW: dict[str, Any] = {"items": [{"title": "Overview", "icon": "dashboard", "link": reverse_lazy("admin:index")}]}

ALERTING: dict[str, Any] = {
    "title": "Alerting",
    "items": [
        _item("Policies", "policy_alert", "alerts.alertpolicy"),
        _item("Channels", "send", "alerts.channel"),
        _item("Routes", "alt_route", "alerts.route"),
        _item("Silences", "notifications_off", "alerts.silence"),
        _item("Holidays", "beach_access", "alerts.holiday"),
        _item("Emergency", "e911_emergency", "alerts.alertsettings"),
    ],
}
ALERTS: dict[str, Any] = {
    "title": "Alerts",
    "items": [
        _item("Alerts", "notifications_active", "alerts.alert"),
        _item("Messages", "mail", "alerts.delivery"),
        _item("My notifications", "notifications", "alerts.notification"),
    ],
}

TENANT_NAVIGATION: list[dict[str, Any]] = [
    OVERVIEW,
    {
        "title": "Compliance",
        "items": [
            _item("Violations", "report", "compliance.violation"),
            _item("Pull requests", "merge", "compliance.pullrequest"),
            _item("Overrides", "gavel", "overrides.overriderequest"),
            _item("Rules", "rule", "compliance.rule"),
            _page("Trends", "trending_up", "console:trends", "compliance.view_trend"),
            _page("What if", "alt_route", "console:what-if", "compliance.view_tenantsettings"),
            _item("Repositories", "folder_data", "compliance.repository"),
        ],
    },
    ALERTS,
    {
        "title": "From CI",
        "items": [
            _item("Inbox", "inbox", "compliance.submission"),
            _item("Evaluations", "fact_check", "compliance.evaluation"),
            _item("To the code host", "outbox", "compliance.statusupdate"),
            _item("System health", "monitor_heart", "operations.sample"),
        ],
    },
    ALERTING,
    {
        "title": "Organisation",
        "items": [
            _item("Organisation", "apartment", "accounts.organisation"),
            _item("Settings", "tune", "compliance.tenantsettings"),
            _item("Users", "person", "accounts.user"),
            _item("Roles", "badge", "auth.group"),
            _item("CI tokens", "key", "accounts.citoken"),
            _item("Issuers", "badge", "accounts.issuer"),
            _item("Code hosts", "hub", "compliance.codehost"),
            _item("Audit log", "history", "audit.auditentry"),
        ],
    },
    {
        "title": "Archive",
        "items": [
            _item("Retention", "auto_delete", "operations.retentionrun"),
            _item("Files", "inventory_2", "operations.archivefile"),
        ],
    },
]

PUBLIC_NAVIGATION: list[dict[str, Any]] = [
    OVERVIEW,
    {
        "title": "Platform",
        "items": [
            _item("Tenants", "domain", "tenants.tenant"),
            _item("Health", "monitor_heart", "operations.tenantreading"),
            _item("Operators", "person", "accounts.user"),
            _item("Organisation", "apartment", "accounts.organisation"),
            _item("Audit log", "history", "audit.auditentry"),
        ],
    },
    ALERTS,
    ALERTING,
    {
        "title": "Schedule",
        "items": [
            _item("Tasks", "schedule", "django_celery_beat.periodictask"),
            _item("Intervals", "timer", "django_celery_beat.intervalschedule"),
            _item("Crontabs", "calendar_month", "django_celery_beat.crontabschedule"),
        ],
    },
]
