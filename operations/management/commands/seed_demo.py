"""``manage.py seed_demo FILE``: the demo's people and tokens."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django_tenants.utils import tenant_context

from accounts.models import CIToken
from accounts.roles import Role
from accounts.services import digest_of, ensure_operator, ensure_user, issue_ci_token
from tenants.current import connection
from tenants.models import Tenant


class Command(BaseCommand):
    """Repeating it changes nothing."""

    help = "Make the users and CI tokens that FILE names, with exactly its passwords and secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            help='JSON: {"public": {username, password}, "tenants": {schema: {ci_token, users: {role: {…}}}}}',
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        wanted = json.loads(file.read_text())
        connection.set_schema_to_public()
        ensure_operator(username=wanted["public"]["username"], password=wanted["public"]["password"])
        for schema, contents in wanted["tenants"].items():
            with tenant_context(Tenant.objects.active().get(schema_name=schema)):
                for role, user in contents["users"].items():
                    ensure_user(username=user["username"], password=user["password"], role=Role(role))
                token = self._ensure_token(contents["ci_token"])
            self.stdout.write(f"{schema}: {len(contents['users'])} users and {token}")

    def _ensure_token(self, secret: str) -> str:
        known = CIToken.objects.filter(digest=digest_of(secret)).first()
        if known is None:
            issue_ci_token(name="demo", repositories=["*"], by=None, token=secret)
        elif known.revoked_at:
            # Somebody decided that; the demo does not overrule it.
            return "a CI token that was revoked and stays so"
        return "a CI token"
