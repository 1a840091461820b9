"""Every secret of the demo: made once, kept in the data folder, readable by its owner alone."""

import json
import secrets
from pathlib import Path
from typing import Any

from operations.processes import write_private

TENANTS = {"acme": "Acme", "globex": "Globex"}
USERNAMES = {"compliance_viewer": "viewer", "compliance_admin": "admin", "tenant_admin": "owner"}
OPERATOR = "operator"
# Without the letters and digits that look alike, since people type these.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def load_credentials(path: Path) -> dict[str, Any]:
    """The credentials in ``path``; made and written there (0600) when there are none yet.

    Returns:
        ``secret_key``, ``database_password``, ``public`` and ``tenants``, the last two as ``seed_demo`` reads them.
    """
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    made = _make_credentials()
    write_private(path, json.dumps(made, indent=2) + "\n")
    return made


def _make_credentials() -> dict[str, Any]:
    return {
        "secret_key": secrets.token_urlsafe(48),
        "database_password": secrets.token_urlsafe(24),
        "public": {"username": OPERATOR, "password": _password()},
        "tenants": {
            tenant: {
                "ci_token": f"fct_{secrets.token_urlsafe(32)}",
                "users": {role: {"username": name, "password": _password()} for role, name in USERNAMES.items()},
            }
            for tenant in TENANTS
        },
    }


def _password() -> str:
    """74 bits, in three groups."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))
