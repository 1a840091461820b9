"""Violations: the list that people work from, and a page for who has to mend one."""

from typing import Any

import orjson
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from compliance.admin.filters import (
    AuthorFilter,
    FileFilter,
    FirstSeenFilter,
    OnePullFilter,
    SourceFilter,
    StandingFilter,
)
from compliance.admin.labels import SEVERITIES, STATUSES, cell, label_of
from compliance.admin.places import code_address
from compliance.admin.searches import named_pull, words_of
from compliance.choices import Resolution, Severity, Status
from compliance.models import PullRequest, Rule, RuleState, Transition, Violation
from compliance.queries.violations import on_pulls
from core.admin import ReadOnlyAdmin, column
from core.admin_cells import link, moment, page_url, page_url_of, record_link, web_address
from core.admin_keyset import KeysetChangeList

_SHOWN_TRANSITIONS = 200
_SUMMARY_CHARS = 140


class ViolationList(KeysetChangeList):
    """The list of a million rows."""

    capped_at = 10_001


@admin.register(Violation)
class ViolationAdmin(ReadOnlyAdmin):
    """Nobody edits a violation: it goes by a report, with its pull request, or as a false positive."""

    change_form_template = "console/violation.html"
    list_display = ["severity_label", "rule_link", "summary", "pull_link", "status_label", "seen"]
    list_display_links = ["summary"]
    list_select_related = ["rule", "pull_request__repository"]
    list_defer = ("context",)
    list_filter = [
        StandingFilter,
        ("severity", ChoicesDropdownFilter),
        ("rule", RelatedDropdownFilter),
        ("repository", AutocompleteSelectFilter),
        ("pull_request", OnePullFilter),
        AuthorFilter,
        FileFilter,
        SourceFilter,
        ("first_seen", FirstSeenFilter),
    ]
    search_fields = ["file_path", "message"]
    search_help_text = "Searches messages, files, authors, titles, repositories, rules by their id, and acme/shop#121."
    ordering = ["-id"]
    # Any other order would sort every row.
    sortable_by = ["seen"]
    fields: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Violation]:
        """With what every row names, so that none is looked up one by one."""
        rows: QuerySet[Violation] = super().get_queryset(request)
        return rows.select_related("rule", "pull_request", "repository")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Violation], search_term: str
    ) -> tuple[QuerySet[Violation], bool]:
        """Every word in a message, a file, a title, a repository, or as an author."""
        return queryset.filter(*(_matching(word) for word in words_of(search_term))), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ViolationList]:
        """A list that is never counted."""
        return ViolationList

    def narrowed(self, rows: QuerySet[Violation], text: str) -> tuple[QuerySet[Violation], str, bool]:
        """What words name that an index finds: rules by their id, and ``acme/shop#121``."""
        words = words_of(text)
        rules = _rules_among(words)
        named = {word: wanted for word in words if (wanted := named_pull(word))}
        few = False
        for word in words:
            if word.upper() in rules:
                rows = rows.filter(rule=word.upper())
            elif word in named:
                rows, few = on_pulls(rows, PullRequest.objects.filter(named[word]))
        rest = [word for word in words if word.upper() not in rules and word not in named]
        return rows, " ".join(rest), few

    @column("Severity", label=SEVERITIES)
    def severity_label(self, violation: Violation) -> tuple[str, str]:
        """How grave."""
        return cell(Severity(violation.severity))

    @column("Rule")
    def rule_link(self, violation: Violation) -> SafeString | str:
        """Which rule."""
        return record_link(violation.rule, violation.rule_id)

    @column("Violation")
    def summary(self, violation: Violation) -> SafeString:
        """The message's beginning, and where."""
        beginning = Truncator(violation.message).chars(_SUMMARY_CHARS)
        return format_html('{}<span class="console-under">{}</span>', beginning, place_of(violation))

    @column("Pull request")
    def pull_link(self, violation: Violation) -> SafeString | str:
        """On which pull request."""
        return link(page_url_of(PullRequest, violation.pull_request_id), pull_name(violation))

    @column("Status", label=STATUSES)
    def status_label(self, violation: Violation) -> tuple[str, str]:
        """Where it stands."""
        ended = Resolution(violation.resolution).label if violation.resolution else Status(violation.status).label
        return violation.status, str(ended)

    @column("First seen", ordering="id")
    def seen(self, violation: Violation) -> str:
        """Since when."""
        return moment(violation.first_seen)

    def page_context(self, request: HttpRequest, obj: Violation) -> dict[str, Any]:
        """What the page shows."""
        transitions = Transition.objects.filter(violation=obj).order_by("at", "id").select_related("evaluation")
        return {
            "severity": label_of(Severity(obj.severity)),
            "status": label_of(Status(obj.status)),
            "place": place_of(obj),
            "code_address": code_address(obj, obj.repository),
            "pull_address": web_address(obj.pull_request.url),
            "pull_name": pull_name(obj),
            "pull_page": page_url_of(PullRequest, obj.pull_request_id),
            "rule_page": page_url(obj.rule),
            "context_text": orjson.dumps(obj.context, option=orjson.OPT_INDENT_2).decode() if obj.context else "",
            "last_seen": last_seen(obj),
            "timeline": [
                _step(transition) for transition in transitions.defer("evaluation__fingerprints")[:_SHOWN_TRANSITIONS]
            ],
        }


def _rules_among(words: list[str]) -> set[str]:
    if not words:
        return set()
    return set(Rule.objects.filter(pk__in=[word.upper() for word in words]).values_list("pk", flat=True))


def _matching(word: str) -> Q:
    own = Q(message__icontains=word) | Q(file_path__icontains=word) | Q(repository__name__icontains=word)
    return own | Q(pull_request__title__icontains=word) | Q(pull_request__author__iexact=word)


def place_of(violation: Violation) -> str:
    """``path:line``, as far as they are known."""
    return f"{violation.file_path}:{violation.line}" if violation.line and violation.file_path else violation.file_path


def pull_name(violation: Violation) -> str:
    """The pull request's name, from the repository that is at hand."""
    number = violation.pull_request.number
    return f"{violation.repository.name}#{number}" if number else f"{violation.repository.name} default branch"


def last_seen(violation: Violation) -> Any:
    """When a report last named it. Unchanged rows are not rewritten: of live ones their rule's state knows."""
    if violation.resolved_at:
        return violation.last_seen
    state = RuleState.objects.filter(
        pull_request=violation.pull_request_id,
        source=violation.source,
        package=violation.package,
        rule=violation.rule_id,
    )
    return max(filter(None, [violation.last_seen, state.values_list("last_seen", flat=True).first()]))


def _step(transition: Transition) -> dict[str, Any]:
    return {
        "at": transition.at,
        "cause": transition.get_cause_display(),
        "status": label_of(Status(transition.to_status)),
        "evaluation": transition.evaluation,
        "evaluation_page": page_url(transition.evaluation) if transition.evaluation else "",
    }
