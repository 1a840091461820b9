"""Whose JSON web tokens are believed beside our own."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from accounts.models.tokens import covered_by
from core.encryption import EncryptedTextField


class IssuerKind(models.TextChoices):
    """Who the tokens speak for."""

    PEOPLE = "people", "The organisation's people"
    GITHUB = "github", "GitHub Actions"
    GITLAB = "gitlab", "GitLab CI"


class Issuer(models.Model):
    """Somebody outside whose signed tokens say who is calling: the organisation's own sign-in, or a CI service."""

    slug = models.SlugField(
        max_length=50, help_text="Short name in addresses. People stay linked to it: it never changes."
    )
    name = models.CharField(max_length=100, help_text="What people read on the sign-in page.")
    kind = models.CharField(max_length=10, choices=IssuerKind)
    enabled = models.BooleanField(default=True)
    issuer = models.CharField(max_length=500, help_text="The claim iss, to the letter: https://login.example.com.")
    audience = models.CharField(max_length=500, help_text="The claim aud: how the issuer calls this console.")
    jwks_url = models.CharField(
        "JWKS address", max_length=500, blank=True, help_text="Empty: the one that the issuer's discovery page names."
    )
    shared_key = EncryptedTextField(
        blank=True, help_text="For issuers that sign with a shared key (HS256) instead of a published one."
    )
    leeway = models.PositiveSmallIntegerField(
        default=30, validators=[MaxValueValidator(300)], help_text="Seconds that the issuer's clock may differ."
    )
    tenant_claim = models.CharField(
        max_length=100, blank=True, help_text="Claim that names the tenant. Empty: all that it signs is for this one."
    )
    tenant_value = models.CharField(max_length=200, blank=True, help_text="What that claim says for this tenant.")
    username_claim = models.CharField(max_length=100, default="preferred_username")
    role_claim = models.CharField(
        max_length=100,
        blank=True,
        help_text="Claim with groups or roles, like realm_access.roles. Empty: roles are given here.",
    )
    roles = models.JSONField(default=dict, blank=True, help_text="Which of its values gives which role.")
    creates_people = models.BooleanField(
        default=False, help_text="Who is not known here becomes a viewer, or what the role claim says; else refused."
    )
    links_people = models.BooleanField(
        default=False,
        help_text="Who is here already under the same username is taken for the same person. Only for an issuer "
        "where nobody chooses their own name.",
    )
    client_id = models.CharField(
        max_length=200, blank=True, help_text="For signing in with a browser. Empty: tokens for the API only."
    )
    client_secret = EncryptedTextField(blank=True)
    repositories = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="Repositories whose CI jobs may report, as patterns: acme/shop, acme/*.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="one_issuer_of_a_slug"),
            models.UniqueConstraint(fields=["issuer", "audience"], name="one_row_of_an_issuer_and_audience"),
            models.CheckConstraint(
                name="a_tenant_claim_has_its_value", condition=Q(tenant_claim="") | ~Q(tenant_value="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def covers(self, repository: str) -> bool:
        """Whether CI jobs of a repository (``owner/name``) may report."""
        return covered_by(self.repositories, repository)
