"""People, CI tokens and trusted issuers of one tenant (in the public schema: platform operators)."""

from accounts.models.issuers import Issuer
from accounts.models.organisation import Organisation
from accounts.models.people import User
from accounts.models.tokens import CIToken, EndedToken

__all__ = ["CIToken", "EndedToken", "Issuer", "Organisation", "User"]
