"""Alerts in both consoles. Pages read; what may be changed goes through services."""

from alerts.admin import alerts, channels, deliveries, notifications, policies, routing, silences

__all__ = ["alerts", "channels", "deliveries", "notifications", "policies", "routing", "silences"]
