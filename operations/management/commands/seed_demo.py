"""``manage.py seed_demo FILE``: the demo's people and tokens."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.roles import Role
from accounts.services import ensure_operator, ensure_user, find_ci_token, issue_ci_token
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
                token = contents["ci_token"]
                if find_ci_token(token, at=timezone.now()) is None:
                    issue_ci_token(name="demo", repositories=["*"], by=None, token=token)
            self.stdout.write(f"{schema}: {len(contents['users'])} users and a CI token")
