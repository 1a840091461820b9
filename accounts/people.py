"""Decisions about people: who they are, what they may do, and when their sessions end."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from accounts.roles import Role
from audit.services import Deed, record_entries, record_entry
from core.errors import Conflict, Forbidden

_FACTS = ("username", "first_name", "last_name", "email", "is_active")
_OWN = {"role": "Ask somebody else to change your role.", "is_active": "Ask somebody else to deactivate you."}
Facts = dict[str, Any]


@transaction.atomic
def save_person(
    person: User, *, role: Role | None, by: User | None, at: datetime, sessions_end: datetime | None = None
) -> User:
    """Store what the instance holds of a new or a known person, and give them exactly this role.

    Another role, and deactivation, end their sessions and tokens.

    Args:
        role: None: an operator of the platform, who has none.
        by: None: somebody with a shell.
        sessions_end: sessions and tokens from before this end, where they do; ``at`` where it is not said.

    Raises:
        Forbidden: ``by`` may not manage people, or it is their own role or account.
        Conflict: the tenant would have no active tenant admin.
    """
    # NO KEY, as everywhere: sessions and tokens that refer to the row do not wait.
    stored = User.objects.select_for_update(no_key=True).filter(pk=person.pk).first() if person.pk else None
    before, after = _facts_of(stored), _facts_of(person) | ({"role": role.value} if role else {})
    changed = {name for name in after if before.get(name) != after[name]}
    _check_permitted(person, stored, changed & {"role", "is_active"}, by)
    if stored and before["is_active"] and before.get("role") == Role.TENANT_ADMIN:
        _check_one_is_left(person, after)
    if stored and changed & {"role", "is_active"}:
        person.sessions_ended_at = sessions_end or at
    person.is_staff = True
    new_password = stored is not None and stored.password != person.password
    person.save()
    if role and "role" in changed:
        person.groups.set([Group.objects.get(name=role.value)])
    record_entries(_deeds(person, before, after, new_password=new_password, by=by, at=at))
    return person


@transaction.atomic
def change_password(person: User, *, password: str, by: User, at: datetime) -> None:
    """Give a person another password; sessions and tokens made with the old one end with it.

    Raises:
        Forbidden: it is somebody else's, and ``by`` may not manage them.
    """
    if person.pk != by.pk:
        _check_permitted(person, person, set(), by)
    person.set_password(password)
    person.save(update_fields=["password"])
    record_password(person, by=by, at=at)


def record_password(person: User, *, by: User, at: datetime) -> None:
    """Note that somebody has changed a password; in the transaction that did."""
    usable = "" if person.has_usable_password() else "Signing in with a password was disabled."
    record_entry(action="user.password_changed", resource=person, by=by, at=at, note=usable)


@transaction.atomic
def end_sessions(person: User, *, by: User, at: datetime) -> None:
    """Sign a person out everywhere: browsers and JSON web tokens.

    Raises:
        Forbidden: ``by`` may not manage people.
    """
    _check_permitted(person, person, set(), by)
    person.sessions_ended_at = at
    person.save(update_fields=["sessions_ended_at"])
    record_entry(action="user.sessions_ended", resource=person, by=by, at=at)


@transaction.atomic
def record_sign_in(person: User, *, how: str, at: datetime) -> None:
    """Note that somebody has signed in, for a ``session`` or a ``token``."""
    record_entry(action="user.signed_in", resource=person, by=person, at=at, after={"for": how})


def role_of(person: User) -> Role | None:
    """The highest of the roles that a person holds."""
    held = {group.name for group in person.groups.all()} if person.pk else set()
    ladder = (Role.TENANT_ADMIN, Role.COMPLIANCE_ADMIN, Role.VIEWER, Role.CI_REPORTER)
    return next((role for role in ladder if role.value in held), None)


def _facts_of(person: User | None) -> Facts:
    if person is None:
        return {}
    role = role_of(person)
    return {name: getattr(person, name) for name in _FACTS} | ({"role": role.value} if role else {})


def _check_permitted(person: User, stored: User | None, access: set[str], by: User | None) -> None:
    if by is None:
        return
    above = stored is not None and stored.is_superuser and not by.is_superuser
    if above or not by.has_perm("accounts.change_user" if stored else "accounts.add_user"):
        raise Forbidden("forbidden", "Your role may not manage this person.")
    if person.pk == by.pk and access:
        errors = {name: [_OWN[name]] for name in sorted(access)}
        raise Forbidden("own_account", " ".join(text for (text,) in errors.values()), errors=errors)


def _check_one_is_left(person: User, after: Facts) -> None:
    if after["is_active"] and after.get("role") == Role.TENANT_ADMIN:
        return
    # Two admins who demote each other at once queue here; the second one finds nobody left.
    admins = Group.objects.select_for_update(no_key=True).get(name=Role.TENANT_ADMIN.value)
    if not User.objects.filter(groups=admins, is_active=True).exclude(pk=person.pk).exists():
        reason = "The last tenant admin stays: make somebody else a tenant admin first."
        field = "role" if after["is_active"] else "is_active"
        raise Conflict("last_tenant_admin", reason, errors={field: [reason]})


def _deeds(
    person: User, before: Facts, after: Facts, *, new_password: bool, by: User | None, at: datetime
) -> list[Deed]:
    def deed(action: str, *names: str) -> Deed:
        return Deed(
            action=action,
            resource=person,
            by=by,
            at=at,
            before={name: before.get(name) for name in names},
            after={name: after[name] for name in names},
        )

    if not before:
        return [Deed(action="user.created", resource=person, by=by, at=at, after=after)]
    changed = [name for name in after if before.get(name) != after[name]]
    deeds = []
    if "role" in changed:
        deeds.append(deed("user.role_changed", "role"))
    if "is_active" in changed:
        deeds.append(deed("user.reactivated" if after["is_active"] else "user.deactivated", "is_active"))
    if texts := [name for name in changed if name not in ("role", "is_active")]:
        deeds.append(deed("user.edited", *texts))
    if new_password:
        deeds.append(deed("user.password_changed"))
    return deeds
