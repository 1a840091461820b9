"""``manage.py create_user``: a person who may sign in to a tenant, or an operator of the platform."""

import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_public_schema_name, tenant_context

from accounts.models import User
from accounts.roles import Role
from accounts.services import ensure_operator, ensure_user
from core.errors import DomainError
from tenants.current import connection
from tenants.models import Tenant

PEOPLE = (Role.VIEWER, Role.COMPLIANCE_ADMIN, Role.TENANT_ADMIN)


class Command(BaseCommand):
    """Works as the login role, in the schema of the tenant (operators: in the public one)."""

    help = "Make a user. Without --password-stdin a password is made and printed, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--tenant", metavar="SCHEMA", help="The tenant's schema name.")
        where.add_argument("--operator", action="store_true", help="An operator of the platform.")
        parser.add_argument("--username", required=True)
        parser.add_argument("--role", choices=[role.value for role in PEOPLE], help="What they may do in the tenant.")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password, one line, from stdin.")
        parser.add_argument("--replace", action="store_true", help="Give a user who exists this password and role.")

    def handle(
        self, *args: Any, tenant: str | None, username: str, role: str | None, password_stdin: bool, **options: Any
    ) -> None:
        if (tenant is None) != (role is None):
            raise CommandError("--tenant needs a --role, --operator has none.")
        given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        password = secrets.token_urlsafe(12) if given is None else given
        with tenant_context(_entered(tenant)):
            _check(username, password, replace=options["replace"])
            try:
                if role is None:
                    ensure_operator(username=username, password=password)
                else:
                    ensure_user(username=username, password=password, role=Role(role))
            except DomainError as error:
                raise CommandError(error.message) from error
        self.stdout.write(f"{username}: {role or 'operator'} of {tenant or 'the platform'}")
        if given is None:
            self.stdout.write(f"password: {password}")


def _entered(name: str | None) -> Tenant:
    connection.set_schema_to_public()
    if name is None:
        return Tenant(schema_name=get_public_schema_name())
    tenant = Tenant.objects.active().filter(schema_name=name).first()
    if tenant is None:
        raise CommandError(f"{name} is no tenant that is served.")
    return tenant


def _check(username: str, password: str, *, replace: bool) -> None:
    if not replace and User.objects.filter(username=username).exists():
        raise CommandError(f"{username} exists. With --replace they get this password and role.")
    try:
        User._meta.get_field("username").clean(username, None)
        validate_password(password, User(username=username))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
