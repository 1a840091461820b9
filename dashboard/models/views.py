"""A person's filters, by name."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from core.ids import new_id


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Questions about saved views."""

    def visible_to(self, user: User) -> Self:
        """A person's own, and what others share."""
        return self.filter(Q(owner=user) | Q(shared=True))


class SavedView(models.Model):
    """A list's filters, search and order, as the address has them."""

    class Page(models.TextChoices):
        VIOLATIONS = "compliance.violation", "Violations"
        PULLS = "compliance.pullrequest", "Pull requests"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views", editable=False)
    page = models.TextField(choices=Page, editable=False)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True, editable=False)
    shared = models.BooleanField(default=False, help_text="Everybody who sees the list sees the view.")
    is_default = models.BooleanField("default", default=False, help_text="What your list opens with.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["page", "name"]
        permissions = [("share_savedview", "Can share saved views with everybody")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="one_view_of_a_name"),
            models.UniqueConstraint(
                fields=["owner", "page"], condition=Q(is_default=True), name="one_default_view_of_a_list"
            ),
        ]
        indexes = [models.Index(fields=["page"], condition=Q(shared=True), name="savedview_shared")]

    def __str__(self) -> str:
        return self.name
