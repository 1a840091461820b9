from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin with the tenant site as its default site."""

    default_site = "core.admin_sites.TenantAdminSite"
