"""Without the pages that libraries bring along for tables of theirs: what they hold is decided elsewhere."""

# Imported before their pages are taken away again: applications register theirs in the order of INSTALLED_APPS.
import allauth.account.admin
import allauth.socialaccount.admin  # noqa: F401
from django.contrib import admin

for model in [model for model in admin.site._registry if model._meta.app_label in ("account", "socialaccount")]:
    admin.site.unregister(model)
