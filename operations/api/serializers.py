"""What ``GET health`` answers, for its description."""

from typing import Any

from rest_framework import serializers

from operations.condition import Status


def _rate(*, allow_null: bool = True) -> serializers.FloatField:
    """A share; null where nothing was tried."""
    return serializers.FloatField(min_value=0, max_value=1, allow_null=allow_null, help_text="0 to 1.")


class PoolSerializer(serializers.Serializer[Any]):
    """Database connections of the web processes."""

    active = serializers.IntegerField(help_text="In use.")
    max = serializers.IntegerField(help_text="Allowed.")
    available = serializers.IntegerField(help_text="Allowed and not in use.")
    utilization = _rate(allow_null=False)


class SlowQuerySerializer(serializers.Serializer[Any]):
    """A statement of this tenant, without its values."""

    query = serializers.CharField()
    calls = serializers.IntegerField()
    avgTime = serializers.FloatField(help_text="Milliseconds.")
    maxTime = serializers.FloatField(help_text="Milliseconds.")


class PercentilesSerializer(serializers.Serializer[Any]):
    """Milliseconds, over the last five minutes; 0 where there was nothing."""

    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    p99 = serializers.FloatField()


class QueriesSerializer(PercentilesSerializer):
    """What this tenant's queries took; milliseconds. A call counts as long as its statement took on average."""

    slowQueries = SlowQuerySerializer(many=True)


class QueueSerializer(serializers.Serializer[Any]):
    """Work that waits, at this moment."""

    waiting = serializers.IntegerField(help_text="Reports.")
    processing = serializers.IntegerField(help_text="Reports that are being judged.")
    failed = serializers.IntegerField(help_text="Reports that were given up: they wait for a person.")
    oldestSeconds = serializers.FloatField(help_text="How long the oldest report has waited.")
    messages = serializers.IntegerField(help_text="Alert messages and merge statuses that wait to be sent.")


class DeliverySerializer(serializers.Serializer[Any]):
    """Alert messages of the last hour."""

    sent = serializers.IntegerField()
    failed = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="At this moment.")
    rate = _rate()


class EvaluationsSerializer(serializers.Serializer[Any]):
    """Reports of the last hour."""

    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    rate = _rate()


class FreshnessSerializer(serializers.Serializer[Any]):
    """Seconds from received to visible, of the last hour's reports."""

    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    longest = serializers.FloatField()


class AcknowledgementSerializer(serializers.Serializer[Any]):
    """Tier 1 alerts of the last day that people were told of."""

    alerts = serializers.IntegerField()
    acknowledged = serializers.IntegerField()
    rate = _rate()
    medianSeconds = serializers.FloatField(help_text="Until somebody took them.")


class PollingSerializer(serializers.Serializer[Any]):
    """Requests of pages and CI that looked for news, in the last five minutes."""

    polls = serializers.IntegerField()
    failed = serializers.IntegerField()
    rate = _rate()


class BeatSerializer(serializers.Serializer[Any]):
    """Who starts what is scheduled."""

    lastHeartbeat = serializers.DateTimeField(allow_null=True)
    secondsAgo = serializers.FloatField(allow_null=True)


class HealthSerializer(serializers.Serializer[Any]):
    """How well this tenant is served."""

    status = serializers.ChoiceField([status.value for status in Status])
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What is wrong, in words.")
    checkedAt = serializers.DateTimeField()
    sampledAt = serializers.DateTimeField(allow_null=True, help_text="Of the newest sample; one is taken each minute.")
    poolMetrics = PoolSerializer()
    queryMetrics = QueriesSerializer()
    averageQueryTime = serializers.FloatField(allow_null=True, help_text="Milliseconds, over the last five minutes.")
    responseMetrics = PercentilesSerializer()
    queue = QueueSerializer()
    alertDelivery = DeliverySerializer()
    evaluationSuccess = EvaluationsSerializer()
    freshness = FreshnessSerializer()
    acknowledgement = AcknowledgementSerializer()
    escalations = serializers.IntegerField(help_text="Of the last day.")
    polling = PollingSerializer()
    beat = BeatSerializer()
    storageBytes = serializers.IntegerField(allow_null=True, help_text="Of the tenant's tables with their indexes.")
    migrationsPending = serializers.IntegerField()
