"""Sessions in the tenant's schema, signed for the tenant: a row copied elsewhere reads as no session."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from accounts.binding import tenant_id


class SessionStore(DatabaseSessionStore):
    """Django's database sessions, with the tenant in the signature."""

    @property
    def key_salt(self) -> str:
        """The salt of the session's signature."""
        return f"forge.sessions.{tenant_id()}"
