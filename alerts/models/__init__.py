"""The room's tables."""

from alerts.models.alerts import Alert, AlertEvent, Digest
from alerts.models.channels import Channel, ProviderEvent, Route
from alerts.models.deliveries import Delivery, Notification
from alerts.models.policies import AlertPolicy, AlertSettings, Holiday
from alerts.models.silences import Silence

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertPolicy",
    "AlertSettings",
    "Channel",
    "Delivery",
    "Digest",
    "Holiday",
    "Notification",
    "ProviderEvent",
    "Route",
    "Silence",
]
