"""Settings that hold everywhere. What differs comes from the environment; what is missing fails loudly."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from celery.schedules import crontab

from config.unfold import PUBLIC_NAVIGATION, TENANT_NAVIGATION, unfold_settings

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

RELEASE = "0.1.0"
DEBUG = False
# Host names are checked against the tenants' domains (tenants.routing), which are rows, not settings.
ALLOWED_HOSTS = ["*"]
BASE_DOMAIN = env.str("BASE_DOMAIN", default="localhost")

# --- Applications: what lives in the public schema, and what every tenant has its own of ---
SHARED_APPS = [
    "operations",  # first: its create_tenant takes the place of django-tenants'
    "django_tenants",
    "tenants",
    "unfold.apps.BasicAppConfig",  # the sites are core.admin_sites'
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "audit",  # before accounts, which hands out its permission
    "accounts",  # after auth, whose receiver makes the permissions that ours hands out
    "alerts",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "core.apps.AdminConfig",
    "django_celery_beat",
]
TENANT_APPS = [
    "unfold.apps.BasicAppConfig",  # the sites are core.admin_sites'
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "audit",  # before accounts, which hands out its permission
    "accounts",  # after auth, whose receiver makes the permissions that ours hands out
    "alerts",
    "django.contrib.sessions",
    "django.contrib.messages",
    "core.apps.AdminConfig",
    "compliance",
    "overrides",
    "import_export",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_ROLE_PREFIX = env.str("TENANT_ROLE_PREFIX", default="t_")
# Who may assume the tenants' roles, where it is not called <database>_login.
LOGIN_ROLE = env.str("LOGIN_ROLE", default="")
# Sent before every cursor, or an injected set_config('role', …) would outlive its statement.
TENANT_LIMIT_SET_CALLS = False
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "core.middleware.OriginMiddleware",
    "operations.probes.ProbeMiddleware",
    "core.middleware.NulMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.routing.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
WSGI_APPLICATION = "config.wsgi.application"


# --- PostgreSQL: web and workers sign in with the login role; a process that is given OWNER_DATABASE_URL
# (migrations and provisioning, nothing else) works as the owner. ---
def _database(url: str, **settings: Any) -> dict[str, Any]:
    return {**environ.Env.db_url_config(url), "ENGINE": "tenants.postgresql_backend", "CONN_MAX_AGE": 0, **settings}


OWNER_DATABASE_URL = env.str("OWNER_DATABASE_URL", default="")
DATABASE_POOL_MAX = env.int("DATABASE_POOL_MAX", default=16)  # 0: one connection a thread, no pool
DATABASE_POOL = {"min_size": 1, "max_size": DATABASE_POOL_MAX, "timeout": 10} if DATABASE_POOL_MAX else None


def database_settings(login_url: str, owner_url: str) -> dict[str, dict[str, Any]]:
    """DATABASES for this process: the owner's connection where it was given one, else the login role's pool."""
    if owner_url:
        return {"default": _database(owner_url, ASSUME_TENANT_ROLE=False)}
    options = {"pool": DATABASE_POOL} if DATABASE_POOL else {}
    return {"default": _database(login_url, ASSUME_TENANT_ROLE=True, OPTIONS=options)}


# --- Redis: throttles, caches and messages. All of it is dispensable: nothing waits for it. ---
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_TIMEOUT = 0.2  # seconds
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        "KEY_PREFIX": "forge",
        "OPTIONS": {"socket_timeout": REDIS_TIMEOUT, "socket_connect_timeout": REDIS_TIMEOUT},
    }
}

# --- Celery ---
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # nothing is kept, so nothing has to be cleaned up
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a long outage ends some time; workers wait for it
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its format would not say whose work a line is of
# More than a process has threads: a thread must never wait for another one's producer. Celery sets the same limit when
# it first publishes itself, and could not lower it under a connection that is in use.
CELERY_BROKER_POOL_LIMIT = 64
CELERY_TIMEZONE = "UTC"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "inbox"
CELERY_TASK_TENANT_CACHE_SECONDS = 60
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "look-at-the-clock": {"task": "alerts.look_at_the_clock", "schedule": 60.0, "options": {"queue": "alerts"}},
    # To the minute; one that waits longer than that is overtaken by the next.
    "end-overrides": {
        "task": "overrides.tick_everywhere",
        "schedule": crontab(),
        "options": {"queue": "urgent", "expires": 55},
    },
    "anchor-audit": {"task": "audit.anchor", "schedule": crontab(hour="0", minute="10")},
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": env.str("REDIS_KEY_PREFIX", default="forge."),
    # Longer than the longest task, or it would run twice at once.
    "visibility_timeout": 120,
    # A killed worker's message comes back after the timeout and this sweep.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "priority_steps": list(range(10)),
    "queue_order_strategy": "priority",
    "socket_keepalive": True,
}

# --- People, sessions, tokens ---
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

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.CITokenAuthentication",
        "accounts.authentication.TenantJWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.HasPermissions"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.renderers.FastJSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttles.CallerThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.exceptions.problem_of_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Requests a minute, by who asks.
THROTTLE_RATES = {"person": 100, "ci": 6000, "anonymous": 60}
SPECTACULAR_SETTINGS = {
    "TITLE": "Forge Console",
    "DESCRIPTION": "Policy results in, verdicts and violations out.",
    "VERSION": RELEASE,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "Severity": "compliance.choices.Severity",
        "ViolationStatus": "compliance.choices.Status",
        "CheckOutcome": "compliance.choices.Outcome",
        "ReportStatus": "core.claims.Claimable.Status",
        "VerdictEnum": "compliance.choices.Verdict",
        "PullState": "compliance.choices.PullState",
        "AlertTier": "alerts.choices.Tier",
        "AlertState": "alerts.choices.AlertState",
        "OverrideStatus": "overrides.choices.Standing",
        "OverrideKind": "overrides.choices.Kind",
    },
}

# --- Alerts: recorded always, sent while this is on; email where EMAIL_URL names a server
# (smtp+tls://user:password@host:587). ---
ALERTS_ENABLED = env.bool("ALERTS_ENABLED", default=True)
_email: dict[str, Any] = env.email_url("EMAIL_URL", default="dummymail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"] or "", _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.get("EMAIL_USE_TLS", False), _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
# Hosts beside the providers' own that Slack and PagerDuty channels may call: a proxy, a server that speaks the same.
ALERT_PROVIDER_HOSTS: list[str] = env.list("ALERT_PROVIDER_HOSTS", default=[])
# Apprise opens its own connections: with this, channels may name any host, also one inside of the network.
ALERT_APPRISE_ANY_URL = env.bool("ALERT_APPRISE_ANY_URL", default=False)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"forge-console@{BASE_DOMAIN}")

# --- Language, time, files ---
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
# What people bring along as evidence. Served by nothing but a view that asks who wants it.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / ".files"))
# Report bodies are read in bounded pieces by their own reader; this bounds every other form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tenant": {"()": "tenants.logs.TenantLogFilter"}, "origin": {"()": "core.origin.OriginLogFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s [%(tenant)s] [%(request_id)s] %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["tenant", "origin"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django.request": {"level": "ERROR"}},
}

UNFOLD = unfold_settings("Forge Console", TENANT_NAVIGATION, overview="compliance.admin.overview.show")
UNFOLD_PUBLIC = unfold_settings("Forge Console", PUBLIC_NAVIGATION, overview="operations.admin_overview.show")
