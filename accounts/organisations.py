"""Where and when a tenant's people work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Organisation, User
from audit.changes import apply_changes
from audit.services import record_entry
from core.errors import Forbidden, Invalid


@transaction.atomic
def edit_organisation(*, changes: Mapping[str, Any], by: User, at: datetime) -> Organisation:
    """Change the time zone, the business hours or who manages.

    Raises:
        Forbidden: ``by`` may not edit the organisation.
        Invalid: names the field that is wrong.
    """
    if not by.has_perm("accounts.change_organisation"):
        raise Forbidden("forbidden", "Your role may not edit the organisation.")
    Organisation.objects.get_or_create(pk=Organisation.PK)
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=Organisation.PK)
    before, after = apply_changes(organisation, changes)
    if not after:
        return organisation
    try:
        organisation.full_clean()
    except ValidationError as error:
        errors = {"closes" if name == "__all__" else name: texts for name, texts in error.message_dict.items()}
        raise Invalid("invalid", " ".join(error.messages), errors=errors) from error
    organisation.save()
    record_entry(action="organisation.edited", resource=organisation, by=by, at=at, before=before, after=after)
    return organisation
