"""Compliance in the tenant's admin. Pages read; what may be changed goes through services."""

from compliance.admin import codehosts, evaluations, pulls, rules, submissions, violations

__all__ = ["codehosts", "evaluations", "pulls", "rules", "submissions", "violations"]
