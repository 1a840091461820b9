"""People: sessions, tokens, passwords, and the secrets that are kept for them."""

from datetime import timedelta
from typing import Any

from config.settings.environment import env

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "forge_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "forge_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.PacedBackend",
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# So many wrong passwords for one name from one address lock it for that address. Counted in the schema of who signs in.
AXES_FAILURE_LIMIT = env.int("SIGN_IN_FAILURES", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("SIGN_IN_LOCK_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "accounts.sign_in.address"
AXES_LOCKOUT_CALLABLE = "accounts.sign_in.locked"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the audit log has it
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Keys that seal audit entries, the newest first; old ones stay, or what they sealed no longer verifies. Without one
# SECRET_KEY and SECRET_KEY_FALLBACKS are used.
AUDIT_KEYS = env.list("AUDIT_KEYS", default=[])
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# How many proxies of our own stand in front and append to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=12),
    "AUTH_TOKEN_CLASSES": ("accounts.jwt.TenantAccessToken",),
    "UPDATE_LAST_LOGIN": True,
    "CHECK_REVOKE_TOKEN": True,  # a new password ends the tokens made with the old one
}

# --- Secrets at rest (core.encryption) and requests to addresses that tenants enter (core.outgoing) ---
# The first key writes, all of them read: put a new one in front.
FIELD_ENCRYPTION_KEYS: list[str] = env.list("FIELD_ENCRYPTION_KEYS", default=[])
# Networks that are not public and may be sent to all the same: 10.20.0.0/16,fd12::/48
OUTGOING_ALLOWED_NETWORKS: list[str] = env.list("OUTGOING_ALLOWED_NETWORKS", default=[])
# How people reach the console from outside, for links in messages; the host is the tenant's domain.
SITE_SCHEME = env.str("SITE_SCHEME", default="https")
SITE_PORT = env.str("SITE_PORT", default="")

# --- Issuers whose JSON web tokens every tenant believes: a JSON list of objects with the fields of accounts.Issuer
# (slug, name, kind, issuer, audience, tenant_claim …). Tenants add their own in the console. ---
TRUSTED_ISSUERS: list[dict[str, Any]] = env.json("TRUSTED_ISSUERS", default=[])
