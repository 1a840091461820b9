"""Alerts and one's own notifications, under ``/api/compliance/``."""
