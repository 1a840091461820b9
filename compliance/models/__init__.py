"""What a tenant keeps of its compliance."""

from compliance.models.evaluations import Check, Evaluation, RuleState
from compliance.models.pulls import PullRequest, Repository
from compliance.models.rules import Rule, TenantSettings
from compliance.models.submissions import Submission
from compliance.models.versions import Version
from compliance.models.violations import Transition, Violation

__all__ = [
    "Check",
    "Evaluation",
    "PullRequest",
    "Repository",
    "Rule",
    "RuleState",
    "Submission",
    "TenantSettings",
    "Transition",
    "Version",
    "Violation",
]
