"""The admin's navigation. Links are named, so that a page that is gone fails in the tests and not in a menu."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy


def unfold_settings(title: str, navigation: list[dict[str, Any]]) -> dict[str, Any]:
    """Unfold's settings for one site."""
    return {
        "SITE_TITLE": title,
        "SITE_HEADER": title,
        "SITE_SYMBOL": "policy",
        "SITE_URL": None,
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_BACK_BUTTON": True,
        "BORDER_RADIUS": "6px",
        "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": navigation},
    }


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


TENANT_NAVIGATION = [
    {
        "title": "Compliance",
        "items": [
            _item("Violations", "report", "compliance.violation"),
            _item("Pull requests", "merge", "compliance.pullrequest"),
            _item("Rules", "rule", "compliance.rule"),
            _item("Repositories", "folder_data", "compliance.repository"),
        ],
    },
    {
        "title": "From CI",
        "items": [
            _item("Inbox", "inbox", "compliance.submission"),
            _item("Evaluations", "fact_check", "compliance.evaluation"),
        ],
    },
    {
        "title": "Organisation",
        "items": [
            _item("Settings", "tune", "compliance.tenantsettings"),
            _item("Users", "person", "accounts.user"),
            _item("CI tokens", "key", "accounts.citoken"),
        ],
    },
]

PUBLIC_NAVIGATION = [
    {
        "title": "Platform",
        "items": [
            _item("Tenants", "domain", "tenants.tenant"),
            _item("Operators", "person", "accounts.user"),
            _item("Schedule", "schedule", "django_celery_beat.periodictask"),
        ],
    },
]
