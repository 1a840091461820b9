"""Compliance in the tenant's admin. Pages read; what may be changed goes through services."""

from compliance.admin import evaluations, pulls, rules, submissions, violations

__all__ = ["evaluations", "pulls", "rules", "submissions", "violations"]
