"""Every door there is: read from the URL configurations and the admin's registries, never from the table."""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, get_resolver
from django.views.generic import RedirectView

from core.admin_sites import public_site
from tests.permissions.lines import Door

SITES: dict[str, tuple[str, Any]] = {
    "tenant": ("config.urls", admin.site),
    "public": ("config.urls_public", public_site),
}
_METHODS = ("get", "post", "put", "patch", "delete")
_TYPED = re.compile(r"<\w+:(\w+)>")
_APPS = re.compile(r"\^\(\?P<app_label>([\w|]+)\)/\$")
_ANYTHING = re.compile(r"\(\?P<(\w+)>\.\*\)\$")


def all_doors() -> list[Door]:
    """Of both sites."""
    return [door for site in SITES for door in doors_of(site)]


def doors_of(site: str) -> Iterator[Door]:
    """Methods of addresses; of a list's POST its actions."""
    urls, registry = SITES[site]
    lists = {
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/": own for model, own in registry._registry.items()
    }
    for pattern, route in _patterns(get_resolver(urls).url_patterns, "/"):
        for method in offered(pattern):
            if method == "POST" and route in lists:
                yield from (Door(site, method, route, name) for _, name, _ in lists[route]._get_base_actions())
            else:
                yield Door(site, method, route)


def closed_methods(site: str) -> Iterator[Door]:
    """Methods that an address does not offer."""
    for pattern, route in _patterns(get_resolver(SITES[site][0]).url_patterns, "/"):
        view = _class_of(pattern)
        if view is not None and not issubclass(view, RedirectView) and "/admin/" not in route:
            missing = {method.upper() for method in _METHODS} - set(offered(pattern))
            yield from (Door(site, method, route) for method in sorted(missing))


def offered(pattern: URLPattern) -> list[str]:
    """Which methods change or show something; pages of Django's admin take both of theirs."""
    view = _class_of(pattern)
    if view is None or issubclass(view, RedirectView):
        return ["GET", "POST"]
    allowed = getattr(view, "http_method_names", _METHODS)
    return [method.upper() for method in _METHODS if method in allowed and hasattr(view, method)]


def _class_of(pattern: URLPattern) -> Any:
    return getattr(pattern.callback, "view_class", getattr(pattern.callback, "cls", None))


def _patterns(patterns: Any, before: str) -> Iterator[tuple[URLPattern, str]]:
    for entry in patterns:
        route = before + str(entry.pattern)
        if not isinstance(entry, URLPattern):
            yield from _patterns(entry.url_patterns, route)
        elif apps := _APPS.search(route):
            yield from ((entry, route.replace(apps[0], f"{app}/")) for app in apps[1].split("|"))
        else:
            yield entry, _ANYTHING.sub(r"<\1>", _TYPED.sub(r"<\1>", route))
