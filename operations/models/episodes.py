"""Times during which a threshold was passed."""

from typing import Self

from django.db import models
from django.db.models import Q

from core.ids import new_id


class EpisodeQuerySet(models.QuerySet["Episode"]):
    """Questions about episodes."""

    def running(self) -> Self:
        """Those that have not ended."""
        return self.filter(ended_at=None)


class Episode(models.Model):
    """A threshold is passed, from when it was noticed until it no longer is. People are told at both ends."""

    class Level(models.TextChoices):
        WARNING = "warning", "Warning"
        CRITICAL = "critical", "Critical"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.TextField(help_text="What passes it: the threshold, and of which tenant or repository.")
    level = models.TextField(choices=Level, help_text="The gravest that it reached.")
    title = models.TextField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["key"], condition=Q(ended_at=None), name="one_running_episode")]
        indexes = [models.Index(fields=["ended_at"], name="episode_ended")]

    def __str__(self) -> str:
        return self.title
