"""What a tenant keeps of its compliance."""

from compliance.models.codehosts import CodeHost, MergeGroup, NamedHead, StatusUpdate, WebhookDelivery
from compliance.models.evaluations import Check, Evaluation, RuleState
from compliance.models.pulls import PullRequest, Repository
from compliance.models.rules import Rule, TenantSettings
from compliance.models.submissions import Submission
from compliance.models.trends import Trend, TrendRebuild
from compliance.models.versions import Version
from compliance.models.violations import Transition, Violation

__all__ = [
    "Check",
    "CodeHost",
    "Evaluation",
    "MergeGroup",
    "NamedHead",
    "PullRequest",
    "Repository",
    "Rule",
    "RuleState",
    "StatusUpdate",
    "Submission",
    "TenantSettings",
    "Transition",
    "Trend",
    "TrendRebuild",
    "Version",
    "Violation",
    "WebhookDelivery",
]
