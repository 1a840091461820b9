"""People of one tenant; in the public schema, platform operators."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac


class User(AbstractUser):
    """A person. Belongs to the schema it is stored in and to no other."""

    sessions_ended_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Sessions and tokens from before are worth nothing."
    )

    class Meta(AbstractUser.Meta):
        ordering = ["username"]

    @property
    def era(self) -> str:
        """What sessions and tokens hold of a person beside the password: it changes when they are ended."""
        return self.sessions_ended_at.isoformat() if self.sessions_ended_at else ""

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What Django compares a session with: of the password, and of the era."""
        return salted_hmac(
            "accounts.User.era", f"{self.password}|{self.era}", secret=secret, algorithm="sha256"
        ).hexdigest()
