"""What a tenant keeps of its overrides."""

from overrides.models.requests import OverriddenViolation, OverrideRequest, OverrideRequestQuerySet

__all__ = ["OverriddenViolation", "OverrideRequest", "OverrideRequestQuerySet"]
