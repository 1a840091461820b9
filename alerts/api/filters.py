"""Query parameters of the lists."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from alerts.choices import AlertState, Tier
from alerts.models import Alert, Notification


class AlertFilters(filters.FilterSet):
    """All that are named must hold; several values of one are joined with or."""

    state = filters.MultipleChoiceFilter(choices=AlertState.choices, distinct=False)
    tier = filters.MultipleChoiceFilter(choices=Tier.choices, distinct=False)
    repository = filters.CharFilter(field_name="facts__repository", help_text="Full name, owner/name.")
    rule = filters.CharFilter(field_name="facts__rule", help_text="Rule id.")

    class Meta:
        model = Alert
        fields: list[str] = []


class NotificationFilters(filters.FilterSet):
    """Of one's own notifications."""

    unread = filters.ChoiceFilter(
        method="by_reading", choices=[("true", "Unread"), ("false", "Read")], help_text="true: unread ones alone."
    )

    class Meta:
        model = Notification
        fields: list[str] = []

    def by_reading(self, queryset: QuerySet[Notification], name: str, value: str) -> QuerySet[Notification]:
        """Unread, or read."""
        return queryset.filter(read_at__isnull=value == "true")
