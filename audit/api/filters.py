"""Query parameters of ``GET audit``: those of the admin's list."""

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from audit.models import AuditEntry


class AuditFilters(filters.FilterSet):
    """All that are named must hold."""

    actor = filters.CharFilter(help_text="Name, in full.")
    actor_id = filters.CharFilter()
    action = filters.CharFilter(help_text="As rule.edited.")
    resource_type = filters.CharFilter()
    resource_id = filters.CharFilter()
    request_id = filters.CharFilter()
    after = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", help_text="Inclusive.")
    before = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt", help_text="Exclusive.")
    q = filters.CharFilter(method="containing", help_text="Text in actor, action, resource or note.")

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def containing(self, queryset: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        """Entries that hold a text."""
        found = Q()
        for field in ("actor", "action", "resource", "note"):
            found |= Q(**{f"{field}__icontains": value})
        return queryset.filter(found)
