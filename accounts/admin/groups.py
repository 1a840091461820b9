"""What each role may do."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.roles import Role
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import link, list_url

# Roles are the product's: nobody makes groups of their own.
admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """The four roles. They are the product's; who holds them is said on people's pages."""

    list_display = ["role", "name", "people"]
    ordering = ["id"]
    sortable_by: tuple[str, ...] = ()
    fields = ["role", "name", "people", "may"]
    readonly_fields = ["role", "people", "may"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """The roles, with the number of people who hold each and may sign in."""
        rows: QuerySet[Group] = super().get_queryset(request).filter(name__in=Role.values)
        return rows.annotate(active=Count("user", filter=Q(user__is_active=True)))

    @column("Role")
    def role(self, group: Group) -> str:
        """Its name for people."""
        return str(Role(group.name).label)

    @column("Active people")
    def people(self, group: Any) -> SafeString:
        """How many, and who."""
        return link(list_url(User, role=group.name, is_active__exact=1), group.active)

    @column("May")
    def may(self, group: Group) -> SafeString:
        """Its permissions, in Django's words."""
        rows = group.permissions.order_by("content_type__app_label", "codename").values_list("name", "codename")
        return format_html_join("", "{} ({})<br>", rows)
