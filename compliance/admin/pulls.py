"""Repositories and pull requests: may this be merged, and if not, why."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from compliance.admin.filters import AuthorFilter, OpenFilter, VerdictFilter
from compliance.admin.labels import VERDICTS, cell, label_of
from compliance.admin.pull_page import SHOWN_VIOLATIONS, by_file, gravest_on, remedies_of, steps_of
from compliance.admin.searches import named_pull, numbered_pull, words_of
from compliance.choices import Enforcement, PullState, Verdict
from compliance.models import PullRequest, Repository, Rule, Violation
from compliance.queries.markers import markers_on
from compliance.queries.pulls import RuleOnPull, rules_on, with_current_verdict
from compliance.services.lapses import judge_lapsed
from compliance.services.repositories import edit_repository
from compliance.services.standing import standing_now
from core.admin import KeptAdmin, ReadOnlyAdmin, column
from core.admin_cells import NONE, days_since, link, list_url, moment, page_url, page_url_of, web_address, web_link
from core.admin_filters import DaysFilter
from core.admin_forms import LinesField

_TITLE_CHARS = 80


class RepositoryForm(forms.ModelForm[Repository]):
    """What a compliance admin may say of a repository."""

    web_url = forms.URLField(
        label="Web address",
        required=False,
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget,
        help_text="The repository's page on the code host, for links to files: https://github.com/acme/shop",
    )

    trusted_policies = LinesField(
        required=False,
        help_text="Policy revisions whose reports may let a pull request pass, one a line. Empty: any.",
    )

    class Meta:
        model = Repository
        fields = ["default_branch", "web_url", "host", "sends_status", "sends_comment", "trusted_policies"]


@admin.register(Repository)
class RepositoryAdmin(KeptAdmin):
    """Repositories appear with their first report."""

    form = RepositoryForm
    readonly_fields = ["name", "code_host", "created_at"]
    list_display = ["name", "default_branch", "code_host", "open_pulls", "violations"]
    search_fields = ["name"]
    ordering = ["name"]

    def get_fields(self, request: HttpRequest, obj: Repository | None = None) -> list[str]:
        """The web address as a field for those who may change it; Django would link it for others, whatever it is."""
        address = "web_url" if self.has_change_permission(request, obj) else "code_host"
        told = ["host", "sends_status", "sends_comment"]
        return ["name", "default_branch", address, *told, "trusted_policies", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Repository]:
        """With the number of pull requests that are open."""
        rows: QuerySet[Repository] = super().get_queryset(request)
        pulls = PullRequest.objects.open().filter(repository=OuterRef("pk"), number__isnull=False).order_by()
        counted = pulls.values("repository").annotate(number_of=Count("pk")).values("number_of")
        return rows.annotate(open_number=Coalesce(Subquery(counted, output_field=IntegerField()), Value(0)))

    def save_model(self, request: HttpRequest, obj: Repository, form: Any, change: bool) -> None:
        """Let the service change it."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        edit_repository(repository_id=obj.pk, changes=changes, by=cast(User, request.user), at=timezone.now())

    @column("Code host")
    def code_host(self, repository: Repository) -> SafeString | str:
        """Where its code is."""
        return web_link(repository.web_url)

    @column("Open pull requests")
    def open_pulls(self, repository: Any) -> SafeString:
        """How many, and where to find them."""
        return link(
            list_url(PullRequest, repository__id__exact=repository.pk, state__exact=PullState.OPEN.value),
            repository.open_number,
        )

    @column("Violations")
    def violations(self, repository: Repository) -> SafeString:
        """Where to find them."""
        return link(list_url(Violation, repository__id__exact=repository.pk, standing="live"), "Live violations")


@admin.register(PullRequest)
class PullRequestAdmin(ReadOnlyAdmin):
    """Reports and the code host move pull requests; people read."""

    change_form_template = "console/pull_request.html"
    list_display = ["name", "shown_title", "author", "verdict_label", "score", "reward", "counted", "age", "checked"]
    list_display_links = ["name"]
    list_defer = ("description",)
    list_filter = [
        VerdictFilter,
        OpenFilter,
        ("repository", AutocompleteSelectFilter),
        AuthorFilter,
        ("last_checked", DaysFilter),
    ]
    search_fields = ["repository__name", "title", "=author", "^head_sha", "branch"]
    search_help_text = "Searches repositories, numbers, titles and branches, and authors by their full name."
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[PullRequest]:
        """With the repository, and the verdict of this moment."""
        rows: QuerySet[PullRequest] = super().get_queryset(request)
        return with_current_verdict(rows.select_related("repository"), at=timezone.now())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PullRequest], search_term: str
    ) -> tuple[QuerySet[PullRequest], bool]:
        """Numbers are found by ``42`` and ``#42``, alone or after the repository's name."""
        words = words_of(search_term)
        named = {word: wanted for word in words if (wanted := named_pull(word))}
        others = " ".join(word for word in words if word not in named)
        found, duplicates = super().get_search_results(request, queryset, others)
        if numbered := numbered_pull(others):
            found |= queryset.filter(numbered)
        return found.filter(*named.values()), duplicates

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; what rested on an override that has run out is judged anew first."""
        judge_lapsed(at=timezone.now())
        return super().changelist_view(request, extra_context)

    @column("Pull request")
    def name(self, pull: PullRequest) -> str:
        """Its name."""
        return str(pull)

    @column("Title")
    def shown_title(self, pull: PullRequest) -> SafeString | str:
        """Its title, and its state where it is over."""
        over = format_html('<span class="console-under">{}</span>', PullState(pull.state).label)
        title = Truncator(pull.title).chars(_TITLE_CHARS) or NONE
        return title if pull.state == PullState.OPEN else format_html("{}{}", title, over)

    @column("Reward")
    def reward(self, pull: PullRequest) -> str:
        """The reward score, which is never mixed into the other."""
        return NONE if pull.reward_score is None else f"{pull.reward_score:g}"

    @column("Age")
    def age(self, pull: PullRequest) -> str:
        """Since we know of it."""
        return days_since(pull.created_at, timezone.now())

    @column("Verdict", label=VERDICTS)
    def verdict_label(self, pull: Any) -> tuple[str, str]:
        """As last judged; pending while a report waits or has failed."""
        return cell(Verdict(pull.current_verdict))

    @column("Block · override · warning")
    def counted(self, pull: PullRequest) -> str:
        """Live violations that count, by severity."""
        return " · ".join(map(str, pull.counts))

    @column("Last checked")
    def checked(self, pull: PullRequest) -> str:
        """When its head commit was judged last."""
        return moment(pull.last_checked)

    def page_context(self, request: HttpRequest, obj: PullRequest) -> dict[str, Any]:
        """What the page shows."""
        rules = rules_on(obj)
        standing = standing_now(obj, at=timezone.now(), rules=rules)
        pull = standing.pull
        found = gravest_on(pull)
        return {
            "pull": pull,
            "standing": standing,
            "verdict": label_of(standing.verdict),
            "state": label_of(PullState(pull.state)),
            "reasons": [_told(named) for named in standing.reasons],
            "markers": [
                (marker.marker, [(rule, page_url_of(Rule, rule)) for rule in marker.rules])
                for marker in markers_on(pull)
            ],
            "pull_address": web_address(pull.url),
            "repository_page": page_url(pull.repository),
            "breakdown": [_broken(pull, rule) for rule in rules if any(rule.tally.counts)],
            "clean_rules": sum(not any(rule.tally.counts) for rule in rules),
            "violations_page": list_url(Violation, pull_request__id__exact=pull.pk, standing="live"),
            "steps": steps_of(standing),
            "files": by_file(found[:SHOWN_VIOLATIONS], pull),
            "shown_violations": min(len(found), SHOWN_VIOLATIONS),
            "more_violations": len(found) > SHOWN_VIOLATIONS,
            "remedies": remedies_of(found[:SHOWN_VIOLATIONS]),
        }


def _told(named: Any) -> dict[str, Any]:
    violation = named.violation
    return {
        "code": named.reason.code,
        "message": named.reason.message,
        "remedy": named.reason.remedy,
        "rules": named.reason.rules,
        "page": page_url_of(Violation, violation.pk) if violation else "",
        "place": violation.file_path if violation else "",
    }


def _broken(pull: PullRequest, on_pull: RuleOnPull) -> dict[str, Any]:
    filters = {"pull_request__id__exact": pull.pk, "rule__id__exact": on_pull.rule, "standing": "live"}
    return {
        "rule": on_pull.rule,
        "name": on_pull.name,
        "enforcement": Enforcement(on_pull.enforcement),
        "counts": on_pull.tally.counts,
        "open": sum(on_pull.tally.open_counts),
        "total": sum(on_pull.tally.counts),
        "page": page_url_of(Rule, on_pull.rule),
        "violations_page": list_url(Violation, **filters),
    }
