"""Who comes to a door, and the sets of them that the table speaks of."""

from enum import StrEnum


class Caller(StrEnum):
    """A kind of caller, as the table's columns name them."""

    STRANGER = "not signed in"
    NO_ROLE = "no role"
    CI_TOKEN = "CI token"
    CI_REPORTER = "ci_reporter"
    VIEWER = "compliance_viewer"
    COMPLIANCE_ADMIN = "compliance_admin"
    TENANT_ADMIN = "tenant_admin"
    OPERATOR = "operator"


Who = frozenset[Caller]

NOBODY: Who = frozenset()
TENANT_ADMINS: Who = frozenset({Caller.TENANT_ADMIN})
ADMINS: Who = TENANT_ADMINS | {Caller.COMPLIANCE_ADMIN}
READERS: Who = ADMINS | {Caller.VIEWER}
CI: Who = frozenset({Caller.CI_TOKEN, Caller.CI_REPORTER})
OPERATORS: Who = frozenset({Caller.OPERATOR})
SIGNED_IN: Who = READERS | OPERATORS | {Caller.NO_ROLE, Caller.CI_REPORTER}
"""Everybody who has a password, whatever they may do."""
EVERYBODY: Who = frozenset(Caller)
NOT_SIGNED_IN: Who = EVERYBODY - SIGNED_IN

TENANT_SITE = tuple(caller for caller in Caller if caller != Caller.OPERATOR)
PUBLIC_SITE = (Caller.STRANGER, Caller.NO_ROLE, Caller.OPERATOR)
