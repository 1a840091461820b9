"""Overrides in the tenant's admin; violations and pull requests with what can be asked for there."""

from overrides.admin import requests, violations

__all__ = ["requests", "violations"]
