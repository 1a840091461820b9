"""What the tenant says of a repository: how its code host is told, and whose policies count."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.changes import apply_changes
from audit.services import record_entry
from compliance.models import Repository, Version
from compliance.services.judging import rejudge_open_pull_requests
from core.errors import Forbidden, Invalid

EDITABLE = ("default_branch", "web_url", "host", "sends_status", "sends_comment", "trusted_policies")
MAX_TRUSTED = 100
MAX_REVISION_CHARS = 200


@transaction.atomic
def edit_repository(*, repository_id: int, changes: Mapping[str, Any], by: User, at: datetime) -> Repository:
    """Change what the tenant says of a repository.

    Its open pull requests are judged anew once that is committed, where other policies are trusted from now on.

    Raises:
        Forbidden: ``by`` may not edit repositories.
        Invalid: a field is not the tenant's to edit, or the trusted policies are too many or too long.
    """
    if not by.has_perm("compliance.change_repository"):
        raise Forbidden("forbidden", "Your role may not change repositories.")
    if unknown := sorted(set(changes) - set(EDITABLE)):
        errors = {name: ["Fixed."] for name in unknown}
        raise Invalid("invalid", f"Not yours to edit: {', '.join(unknown)}.", errors=errors)
    _check_trusted(changes.get("trusted_policies", []))
    repository = Repository.objects.select_for_update(no_key=True).get(pk=repository_id)
    before, after = apply_changes(repository, changes)
    if after:
        repository.save(update_fields=list(after))
        Version.bump("pulls")
        record_entry(action="repository.edited", resource=repository, by=by, at=at, before=before, after=after)
    if "trusted_policies" in after:
        # One transaction each, after ours, as with the terms.
        transaction.on_commit(lambda: rejudge_open_pull_requests(at=at, repository=repository_id))
    return repository


def _check_trusted(revisions: Any) -> None:
    reason = ""
    if len(revisions) > MAX_TRUSTED:
        reason = f"At most {MAX_TRUSTED} revisions."
    elif any(not revision or len(revision) > MAX_REVISION_CHARS for revision in revisions):
        reason = f"A revision has 1 to {MAX_REVISION_CHARS} characters."
    if reason:
        raise Invalid("invalid", reason, errors={"trusted_policies": [reason]})
