"""What is answered, for OpenAPI. A test holds real answers against it."""

from typing import Any

from rest_framework import serializers

from alerts.choices import AlertState, Occasion, Reason, Tier

_Answer = serializers.Serializer[Any]


class AlertSerializer(_Answer):
    """A group of like facts, from the first to the last of them."""

    id = serializers.UUIDField()
    tier = serializers.ChoiceField(Tier.choices)
    state = serializers.ChoiceField(AlertState.choices)
    title = serializers.CharField()
    repository = serializers.CharField(allow_null=True)
    rule = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(help_text="How many things it is about.")
    unsent = serializers.IntegerField(help_text="How many of them nobody was told of yet.")
    opened_at = serializers.DateTimeField()
    last_fact_at = serializers.DateTimeField()
    last_sent_at = serializers.DateTimeField(allow_null=True)
    next_step_at = serializers.DateTimeField(allow_null=True, help_text="When the next ones are told.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    link = serializers.CharField(allow_null=True, help_text="Where a person acts on it.")
    url = serializers.URLField(help_text="Its page.")


class AlertEventSerializer(_Answer):
    """Why something was sent, or was not."""

    at = serializers.DateTimeField()
    reason = serializers.ChoiceField(Reason.choices)
    occasion = serializers.ChoiceField(Occasion.choices, allow_null=True, help_text="null: nothing was sent.")
    channel = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class AlertDetailSerializer(AlertSerializer):
    """The same with its history, the oldest first."""

    history = AlertEventSerializer(many=True, help_text="At most the last 200.")


class NotificationSerializer(_Answer):
    """A message to the caller."""

    id = serializers.UUIDField()
    tier = serializers.ChoiceField(Tier.choices)
    title = serializers.CharField()
    body = serializers.CharField()
    link = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
