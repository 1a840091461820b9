"""Webhooks as GitHub and GitLab document them, cut to what is read and some of what is not."""

import hashlib
import hmac
import itertools
import json
from typing import Any

from rest_framework.test import APIClient

SECRET = "a webhook secret of acme"
HEAD, NEXT_HEAD = "a" * 40, "b" * 40
_deliveries = itertools.count(1)


def pull_request(action: str, *, at: str = "2026-11-23T09:00:00Z", **changes: Any) -> dict[str, Any]:
    """``pull_request``: acme/shop#7 of kim, on its first commit."""
    state = "closed" if action == "closed" else "open"
    pull = {
        "number": 7,
        "state": state,
        "merged": False,
        "title": "Add basket",
        "body": "Baskets.\n\n@override:layer-sync",
        "html_url": "https://github.example.com/acme/shop/pull/7",
        "user": {"login": "kim", "id": 1},
        "head": {"ref": "feat/basket", "sha": HEAD},
        "base": {"ref": "main", "sha": "0" * 40},
        "updated_at": at,
    }
    pull.update({name: value for name, value in changes.items() if name in pull})
    if "sha" in changes:
        pull["head"] = {"ref": "feat/basket", "sha": changes["sha"]}
    return {
        "action": action,
        "number": 7,
        "before": changes.get("before"),
        "pull_request": pull,
        "repository": {
            "full_name": "acme/shop",
            "default_branch": "trunk",
            "html_url": "https://github.example.com/acme/shop",
        },
        "sender": {"login": "lee"},
    }


def merge_group(action: str, *, number: int = 7, sha: str = "c" * 40, base: str = "main") -> dict[str, Any]:
    """``merge_group``: the queue adds acme/shop#7."""
    ref = f"refs/heads/gh-readonly-queue/{base}/pr-{number}-{'d' * 40}"
    return {
        "action": action,
        "merge_group": {"head_sha": sha, "head_ref": ref, "base_ref": f"refs/heads/{base}", "base_sha": "d" * 40},
        "repository": pull_request("opened")["repository"],
    }


def merge_request(action: str, state: str, **changes: Any) -> dict[str, Any]:
    """``Merge Request Hook``: acme/shop!7."""
    return {
        "object_kind": "merge_request",
        "user": {"username": "kim"},
        "project": {
            "path_with_namespace": "acme/shop",
            "default_branch": "trunk",
            "web_url": "https://gitlab.example.com/acme/shop",
        },
        "object_attributes": {
            "iid": 7,
            "action": action,
            "state": state,
            "title": "Add basket",
            "description": "@override:layer-sync",
            "source_branch": "feat/basket",
            "target_branch": "main",
            "url": "https://gitlab.example.com/acme/shop/-/merge_requests/7",
            "updated_at": "2026-11-23 09:00:00 UTC",
            "last_commit": {"id": HEAD},
            **changes,
        },
    }


def send(
    client: APIClient,
    event: str,
    body: dict[str, Any] | bytes,
    *,
    secret: str = SECRET,
    delivery: str = "",
    **meta: Any,
) -> Any:
    """Post a webhook of GitHub, signed with the secret."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    headers = {
        "HTTP_X_GITHUB_EVENT": event,
        "HTTP_X_GITHUB_DELIVERY": delivery or f"delivery-{next(_deliveries)}",
        "HTTP_X_HUB_SIGNATURE_256": signature,
    }
    kept = {name: value for name, value in {**headers, **meta}.items() if value is not None}
    return client.generic("POST", "/api/webhooks/github", content, content_type="application/json", **kept)  # type: ignore[arg-type]
