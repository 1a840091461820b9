"""What a tenant keeps of its overrides."""

from overrides.models.requests import OverriddenViolation, OverrideRequest, OverrideRequestQuerySet
from overrides.models.warnings import ExpiryWarning

__all__ = ["ExpiryWarning", "OverriddenViolation", "OverrideRequest", "OverrideRequestQuerySet"]
