"""Secrets at rest: encrypted with the installation's keys, and readable by the tenant that wrote them alone.

``FIELD_ENCRYPTION_KEYS`` lists the keys: the first one writes, all of them read, so a new one goes in front. Each
tenant's key is derived from them (HKDF, RFC 5869) with the name of its schema, so that a row that found its way into
another tenant's table says nothing there. The ciphertext is Fernet's: AES-128-CBC under HMAC-SHA256.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import connection, models
from django.db.models.query_utils import DeferredAttribute

from core.errors import DomainError

MASK = "••••••••"
_INFO = b"forge console field encryption of "


class SecretUnreadable(DomainError):
    """The keys that wrote a secret are no longer among ``FIELD_ENCRYPTION_KEYS``, or another tenant wrote it."""


class Secret:
    """A secret that has to be asked for by name: printing or logging one shows a mask."""

    def __init__(self, *, plain: str | None = None, cipher: str = "") -> None:
        self._plain, self._cipher = plain, cipher

    def reveal(self) -> str:
        """The secret itself.

        Raises:
            SecretUnreadable: it cannot be decrypted here and now.
        """
        if self._plain is None:
            self._plain = _decrypted(self._cipher)
        return self._plain

    def sealed(self) -> str:
        """What is stored: the ciphertext that it was read from, or a new one for the current tenant."""
        if not self._cipher and self._plain:
            self._cipher = _fernet(_tenant()).encrypt(self._plain.encode()).decode()
        return self._cipher

    def __bool__(self) -> bool:
        return bool(self._cipher or self._plain)

    def __str__(self) -> str:
        return MASK if self else ""

    def __repr__(self) -> str:
        return f"<Secret {self}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.reveal() == other
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())


class _SecretAttribute(DeferredAttribute):
    """Whatever is assigned, what is read is a ``Secret``."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = _secret_of(value)


class EncryptedTextField(models.TextField[Any, Any]):
    """A text that is encrypted in the database and a ``Secret`` in Python. Empty stays empty. Cannot be searched."""

    descriptor_class = _SecretAttribute

    def from_db_value(self, value: str | None, *_: Any) -> Secret:
        """Read lazily: a page that does not show the secret works where it cannot be decrypted, too."""
        return Secret(cipher=value or "")

    def get_prep_value(self, value: Any) -> str:
        """Encrypt for the tenant of the connection."""
        return _secret_of(value).sealed()

    def to_python(self, value: Any) -> Secret:
        """What forms and fixtures give."""
        return _secret_of(value)

    def value_to_string(self, obj: Any) -> str:
        """For dumps: the ciphertext."""
        return _secret_of(self.value_from_object(obj)).sealed()

    def get_lookup(self, lookup_name: str) -> Any:
        """None: the same text is another ciphertext each time.

        Raises:
            FieldError: always.
        """
        raise FieldError(f"{self.name} is encrypted and cannot be searched.")


def _secret_of(value: Any) -> Secret:
    return value if isinstance(value, Secret) else Secret(plain=str(value or ""))


def _tenant() -> str:
    return str(getattr(connection, "schema_name", ""))


@lru_cache(maxsize=1024)
def _fernet_of(tenant: str, keys: tuple[str, ...]) -> MultiFernet:
    derived = (HKDF(SHA256(), 32, salt=None, info=_INFO + tenant.encode()).derive(key.encode()) for key in keys)
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in derived])


def _fernet(tenant: str) -> MultiFernet:
    return _fernet_of(tenant, tuple(settings.FIELD_ENCRYPTION_KEYS))


def _decrypted(cipher: str) -> str:
    if not cipher:
        return ""
    try:
        return _fernet(_tenant()).decrypt(cipher.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable(
            "secret_unreadable",
            "A stored secret cannot be decrypted with the keys of this installation. Enter it anew.",
        ) from error
