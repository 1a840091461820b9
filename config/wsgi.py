"""The web process's entry: ``gunicorn config.wsgi``."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from tenants.versions import tenant_version

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
application = get_wsgi_application()
# The URL configuration imports every view: now, not while the first request waits.
for urlconf in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
    _ = get_resolver(urlconf).url_patterns
# So does the first look at a tenant read the files of all migrations.
tenant_version()
# What is there by now stays: the garbage collector need not look through it with every thousand rows that are read.
gc.freeze()
