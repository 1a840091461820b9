"""Settings that hold everywhere. What differs comes from the environment; what is missing fails loudly."""

from typing import Any

import django_stubs_ext

from config.settings.alerts import *
from config.settings.api import *
from config.settings.archive import *
from config.settings.database import *
from config.settings.environment import *
from config.settings.health import *
from config.settings.pages import *
from config.settings.people import *
from config.settings.queue import *
from config.unfold import PUBLIC_NAVIGATION, TENANT_NAVIGATION, unfold_settings

django_stubs_ext.monkeypatch()

DEBUG = False
# Host names are checked against the tenants' domains (tenants.routing), which are rows, not settings.
ALLOWED_HOSTS = ["*"]

# --- Applications: what lives in the public schema, and what every tenant has its own of ---
SHARED_APPS = [
    "operations",  # first: its create_tenant takes the place of django-tenants'
    "django_tenants",
    "tenants",
    "unfold.apps.BasicAppConfig",  # the sites are core.admin_sites'
    "unfold.contrib.filters",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "audit",  # before accounts, which hands out its permission
    "accounts",  # after auth, whose receiver makes the permissions that ours hands out
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "axes",
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
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "audit",  # before accounts, which hands out its permission
    "accounts",  # after auth, whose receiver makes the permissions that ours hands out
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "axes",
    "alerts",
    "django.contrib.sessions",
    "django.contrib.messages",
    "core.apps.AdminConfig",
    "compliance",
    "overrides",
    "operations",
    "dashboard",
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
    "core.middleware.BrowserPolicyMiddleware",
    "operations.probes.ProbeMiddleware",
    "operations.traffic.TrafficMiddleware",
    "core.middleware.NulMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.routing.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
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
            ],
            "libraries": {"console": "core.tags", "console_list": "core.admin_tags"},
        },
    }
]
WSGI_APPLICATION = "config.wsgi.application"


# --- Language, time, files ---
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
# What people bring along as evidence. Served by nothing but a view that asks who wants it.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / ".files"))
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "archive": ARCHIVE_STORAGE,
}
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

UNFOLD = unfold_settings("Forge Console", TENANT_NAVIGATION)
UNFOLD_PUBLIC = unfold_settings("Forge Console", PUBLIC_NAVIGATION, overview="operations.admin_overview.show")
