"""What is sent at each door: arguments, and a body that somebody who may would get through with."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.contrib.messages import WARNING, get_messages
from django.core.cache import cache
from django.db import transaction
from django_tenants.utils import tenant_context

from tests import factories
from tests.codehost.payloads import merge_request, pull_request
from tests.permissions.callers import Caller
from tests.permissions.lines import Door
from tests.permissions.world import REASON, World

NEW_PASSWORD = "battery staple 7"
PASSWORDS = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

NEW: Mapping[str, dict[str, Any]] = {
    "accounts.user": {"username": "new", "role": "compliance_viewer", **PASSWORDS},
    "accounts.issuer": {
        "slug": "new",
        "name": "New",
        "kind": "people",
        "enabled": "on",
        "issuer": "https://new.example.com",
        "audience": "forge",
        "leeway": "30",
        "username_claim": "sub",
    },
    "accounts.citoken": {"name": "new", "repositories": "acme/*", "expires_at_0": "", "expires_at_1": ""},
    "compliance.codehost": {
        "kind": "github",
        "name": "Another",
        "base_url": "https://api.github.com",
        "token": "another token",
        "webhook_secret": "another webhook secret",
        "enabled": "on",
    },
    "alerts.channel": {"name": "another", "general": "on", "recipients": "lee@example.com"},
    "alerts.route": {"name": "another", "position": "2", "channels": "email", "instead": "on"},
    "alerts.holiday": {"day": "2027-01-06", "name": "Epiphany"},
    "alerts.silence": {"repository": "acme/shop", "until_0": "2099-01-01", "until_1": "12:00", "reason": REASON},
    "tenants.tenant": {"name": "Initech", "schema_name": "initech", "domain": "initech.localhost"},
    "django_celery_beat.intervalschedule": {"every": "11", "period": "minutes"},
    "django_celery_beat.crontabschedule": {
        **dict.fromkeys(("hour", "day_of_week", "day_of_month", "month_of_year"), "*"),
        "minute": "11",
        "timezone": "UTC",
    },
}
"""Model → what the form for a new one is sent with."""
EDITS: Mapping[str, dict[str, Any]] = {
    "accounts.user": {"first_name": "Lee"},
    "accounts.issuer": {"name": "Renamed"},
    "compliance.rule": {"description": "Ours."},
    "compliance.repository": {"default_branch": "trunk"},
    "compliance.tenantsettings": {"threshold": "10"},
    "compliance.codehost": {"enabled": ""},
    "accounts.organisation": {"time_zone": "Europe/Vienna"},
    "alerts.alertpolicy": {"threshold": "7"},
    "alerts.alertsettings": {"passes": "4"},
    "alerts.channel": {"name": "renamed"},
    "alerts.route": {"name": "renamed"},
    "alerts.holiday": {"name": "Renamed"},
    "tenants.tenant": {"name": "Globex Ltd"},
    "dashboard.savedview": {"name": "Renamed"},
}
"""Model → what is changed on its form."""
CHECK = {"rule_id": "R01", "status": "VIOLATION", "severity": "BLOCK", "message": "R01", "file_path": "a.py"}


def outcome(door: Door, caller: Caller, *, of: World, at: World, key: bool = False, vouched: bool = False) -> str:
    """Knock, undo what happened, and say how it was answered: ``allowed``, or why not.

    Args:
        of: the world that the caller comes from.
        at: the world whose door it is.
        key: whether they hold what opens it.
        vouched: whether they come with an issuer's token.
    """
    with transaction.atomic():
        response = _sent(door, caller, of=of, at=at, key=key, vouched=vouched)
        refusal = _refusal(response)
        if response.streaming:
            # To its end, or the test client lets Django close the connection.
            assert list(response.streaming_content)
        transaction.set_rollback(True)
    return refusal or "allowed"


def _sent(door: Door, caller: Caller, *, of: World, at: World, key: bool, vouched: bool) -> Any:
    to_api = door.route.startswith("/api/")
    client: Any = of.come(caller, at.tenant, to_api=to_api, vouched=vouched)
    path = _path(door, at, caller, key=of if key else None)
    if door.route.startswith("/api/auth/") or door.route == "/admin/login/":
        cache.clear()
    with tenant_context(at.tenant):
        query, body, headers = _query(door, at), _body(door, caller, of, at), _headers(door, of if key else None)
    if isinstance(body, bytes):
        return client.generic(door.method, path, body, content_type="application/json", headers=headers)
    if to_api and door.method == "GET":
        return client.get(path, query)
    if to_api:
        return client.generic(door.method, path, json.dumps(body), content_type="application/json", query_params=query)
    if door.method == "GET":
        return client.get(path, query)
    return client.post(path, body, query_params=query)


def _path(door: Door, at: World, caller: Caller, key: World | None = None) -> str:
    def argument(match: re.Match[str]) -> str:
        name = match[1]
        if name in ("object_id", "key"):
            model, verb = model_of(door), door.route.rstrip("/").rpartition("/")[2]
            with tenant_context(at.tenant):
                row = at.row(apps.get_model(model), caller) if model else 1
            return str(at.keys.get(f"to switch {verb}", row))
        if name == "notification_id":
            return str(at.own_notifications.get(caller, at.keys[name]))
        if name == "export_id":
            return str(at.row(apps.get_model("dashboard.export"), caller))
        if name == "token" and key is not None:
            return str(key.keys["link"])
        if name == "override_id" and (verb := door.route.rstrip("/").rpartition("/")[2]) in _OTHER_REQUESTS:
            own = at.own_requests.get(caller) if verb == "withdraw" else at.keys["approved"]
            return str(own or at.keys[name])
        assert name in at.keys, f"What stands for <{name}>? Say it in tests/permissions/world.py."
        return str(at.keys[name])

    return re.sub(r"<(\w+)>", argument, door.route)


_OTHER_REQUESTS = ("withdraw", "revoke", "renew")
"""What is done to something else than a pending request of somebody else."""


def model_of(door: Door) -> str:
    """The model whose page it is, as ``app.model``; empty where it is none's."""
    parts = door.route.split("/")
    label = ".".join(parts[2:4]) if door.route.startswith("/admin/") and len(parts) > 4 else ""
    with suppress(LookupError, ValueError):
        return str(apps.get_model(label)._meta.label_lower)
    return ""


def _query(door: Door, at: World) -> dict[str, str]:
    if door.route.endswith("/autocomplete/"):
        app, model, field = ("tenants", "domain", "tenant") if at.site == "public" else _AUTOCOMPLETED
        return {"app_label": app, "model_name": model, "field_name": field}
    if door.route == "/admin/alerts/channel/add/":
        return {"kind": "email"}
    return {"repository": "acme/shop"} if door.route.startswith("/api/compliance/pr/") else {}


_AUTOCOMPLETED = ("compliance", "violation", "repository")


def _headers(door: Door, key: World | None) -> dict[str, str]:
    secret = (key.webhook_secret if key else "a guess").encode()
    if door.route.endswith("/github"):
        signature = hmac.new(secret, _GITHUB, hashlib.sha256).hexdigest()
        event = {"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "1"}
        return {**event, "X-Hub-Signature-256": f"sha256={signature}"}
    if door.route.endswith("/gitlab"):
        return {"X-Gitlab-Event": "Merge Request Hook", "X-Gitlab-Token": secret.decode()}
    if door.route.endswith("/pagerduty"):
        return {"X-PagerDuty-Signature": f"v1={hmac.new(secret, _PAGERDUTY, hashlib.sha256).hexdigest()}"}
    return {}


_PAGERDUTY = json.dumps({"event": {"event_type": "pagey.ping"}}).encode()
_GITHUB = json.dumps(pull_request("opened")).encode()
_GITLAB = json.dumps(merge_request("open", "opened")).encode()


def _body(door: Door, caller: Caller, of: World, at: World) -> Any:
    if door.method == "GET":
        return {}
    if door.route.startswith("/admin/"):
        return _form(door, caller, of, at)
    person = of.people.get(caller)
    bodies: dict[str, Any] = {
        "/api/auth/token": {"username": person.username if person else "nobody", "password": of.password},
        "/api/auth/token/refresh": {"refresh": of.refreshes.get(caller, "made-up")},
        "/api/compliance/reports": factories.report(pr_number=5),
        "/api/compliance/checks": {"repository": "acme/shop", "pr_number": 5, "commit_sha": "c" * 40, **CHECK}
        | {"run_id": "walked", "source": "walked"},
        "/api/compliance/pr/<number>": {"state": "closed"},
        "/api/compliance/overrides": {"violations": [str(at.keys.get("free"))], "reason": REASON},
        "/api/compliance/overrides/<override_id>/reject": {"reason": REASON},
        "/api/compliance/overrides/<override_id>/revoke": {"reason": REASON},
        "/api/webhooks/github": _GITHUB,
        "/api/webhooks/gitlab": _GITLAB,
        "/api/webhooks/pagerduty": _PAGERDUTY,
    }
    return bodies.get(door.route, {})


def _form(door: Door, caller: Caller, of: World, at: World) -> dict[str, Any]:
    label, person = model_of(door), of.people.get(caller)
    if door.action:
        row = at.keys.get(door.action) or at.row(apps.get_model(label), caller)
        return {"action": door.action, "_selected_action": [str(row)], "post": "yes"}
    if door.route.endswith("/add/"):
        return (
            {**_TASK, "interval": at.row(apps.get_model("django_celery_beat.intervalschedule"))}
            if label.endswith("periodictask")
            else NEW.get(label, {})
        )
    if door.route.endswith("/change/"):
        return {**_filled_in(door, at), **EDITS.get(label, {})}
    if door.route == "/admin/login/":
        return {"username": person.username if person else "nobody", "password": of.password}
    if door.route == "/admin/password_change/":
        return {"old_password": of.password, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    if door.route == "/admin/what-if/":
        return {"block_weight": 10, "override_weight": 3, "warning_weight": 1, "threshold": 80}
    if label == "overrides.overriderequest":
        pending, free = str(at.keys["override_id"]), str(at.keys["free"])
        return {"reason": REASON, "kind": "OVERRIDE", "chosen": [free], "verb": "approve", "override": [pending]}
    if door.route.endswith("/views/save/"):
        return {"name": "new", "query": "standing=live"}
    return {**PASSWORDS, "post": "yes", "format": "csv", "hours": "4", "reason": REASON}


_TASK = {
    "name": "new",
    "task": "core.nothing",
    "regtask": "",
    "enabled": "on",
    "args": "[]",
    "kwargs": "{}",
    "headers": "{}",
}


def _filled_in(door: Door, at: World) -> dict[str, Any]:
    """What a browser would send if somebody with every right pressed Save at once."""
    if door.route not in at.forms:
        best = Caller.OPERATOR if at.site == "public" else Caller.TENANT_ADMIN
        response: Any = at.come(best, at.tenant, to_api=False).get(_path(door, at, best))
        context = response.context or {}
        forms = [context["adminform"].form] if "adminform" in context else []
        for inline in context.get("inline_admin_formsets", ()):
            forms += [inline.formset.management_form, *inline.formset.initial_forms]
        at.forms[door.route] = {name: value for form in forms for name, value in _values(form)}
    return at.forms[door.route]


def _values(form: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for bound in form:
        value, widget = bound.field.prepare_value(bound.value()), bound.field.widget
        if getattr(widget, "input_type", "") == "password":
            continue
        if hasattr(widget, "decompress"):
            parts = widget.decompress(value)
            found += [(f"{bound.html_name}_{index}", part) for index, part in enumerate(parts)]
        else:
            found.append((bound.html_name, value))
    return [(name, value) for name, value in found if value is not None and value is not False]


def _refusal(response: Any) -> str:
    """Why the answer is none for somebody who may; empty where it is one."""
    if response.status_code in (401, 403, 404, 405):
        return str(response.status_code)
    if response.status_code == 302 and "/admin/login/" in response["Location"]:
        return "asked to sign in"
    told = [str(note) for note in get_messages(response.wsgi_request) if note.level >= WARNING]
    if told:
        return f"told: {' '.join(told)}"
    context = response.context or {}
    told = [str(one["message"]) for one in context.get("outcomes", ()) if one["message"]]
    if told:
        return f"told: {' '.join(told)}"
    form: Any = context["adminform"].form if "adminform" in context else context.get("form")
    if response.wsgi_request.method == "POST" and getattr(form, "errors", None):
        return f"invalid: {form.errors.as_json()}"
    assert 200 <= response.status_code < 400, f"{response.status_code}: {response.content[:500]!r}"
    return ""
