"""People with tokens of the organisation's own issuer."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_encode

from accounts.models import Issuer, User
from accounts.people import end_sessions, role_of
from accounts.roles import Role
from accounts.services import ensure_user
from audit.models import AuditEntry
from tenants.models import Tenant
from tests.accounts.provider import EC_KEY, OTHER_RSA_KEY, RSA_KEY, Provider
from tests.conftest import PASSWORD

RULES = "/api/compliance/rules"
AUDIT = "/api/compliance/audit"
Bearer = Callable[..., Any]
PUBLIC_PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_person_of_the_issuer_reads_and_is_made_a_viewer(provider: Provider, issuer: Issuer, bearer: Bearer) -> None:
    assert bearer(provider.token()).get(RULES).status_code == 200
    kim = User.objects.get(username="kim")
    assert (role_of(kim), kim.email, kim.has_usable_password()) == (Role.VIEWER, "kim@example.com", False)
    assert bearer(provider.token()).get(RULES).status_code == 200
    assert User.objects.filter(username="kim").count() == 1


def test_each_new_token_is_a_sign_in_in_the_audit_log(provider: Provider, issuer: Issuer, bearer: Bearer) -> None:
    first, second = provider.token(iat=_at(-60)), provider.token(iat=_at(-30))
    for token in (first, first, second, first):
        assert bearer(token).get(RULES).status_code == 200
    assert AuditEntry.objects.filter(action="user.signed_in").count() == 2


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        ([], Role.VIEWER),
        (["kitchen"], Role.VIEWER),
        ("platform", Role.COMPLIANCE_ADMIN),
        (["platform", "heads"], Role.TENANT_ADMIN),
        ({"platform": True}, Role.VIEWER),
    ],
)
def test_the_role_claim_gives_the_highest_role(
    groups: Any, role: Role, provider: Provider, issuer: Issuer, bearer: Bearer
) -> None:
    bearer(provider.token(groups=groups)).get(RULES)
    assert role_of(User.objects.get(username="kim")) == role


def test_a_role_that_was_taken_is_gone_with_older_tokens_too(
    provider: Provider, issuer: Issuer, bearer: Bearer
) -> None:
    old = provider.token(groups=["platform"], iat=_at(-60))
    assert bearer(old).get(AUDIT).status_code == 200
    new = provider.token(groups=[], iat=_at(-30))
    assert bearer(new).get(AUDIT).status_code == 403
    assert bearer(new).get(RULES).status_code == 200
    assert bearer(old).get(RULES).status_code == 401


REFUSED: dict[str, tuple[Callable[[Provider], str], str]] = {
    "alg_none": (lambda p: p.token(key="", alg="none"), "algorithm 'none'"),
    "hs256_with_the_public_key": (lambda p: _forged(p, PUBLIC_PEM), "algorithm 'HS256'"),
    "wrong_issuer": (lambda p: p.token(iss="https://evil.example.com"), "is not trusted here"),
    "wrong_audience": (lambda p: p.token(aud="https://globex.forge.example.com"), "InvalidAudienceError"),
    "expired": (lambda p: p.token(iat=_at(-900), exp=_at(-300)), "ExpiredSignatureError"),
    "not_yet_valid": (lambda p: p.token(nbf=_at(300)), "ImmatureSignatureError"),
    "made_in_the_future": (lambda p: p.token(iat=_at(300)), "ImmatureSignatureError"),
    "made_at_infinity": (lambda p: p.token(iat=float("inf")), "no JSON web token"),
    "unknown_kid": (lambda p: p.token(kid="second"), "key 'second' is none"),
    "another_key_under_a_known_kid": (lambda p: p.token(key=OTHER_RSA_KEY), "InvalidSignatureError"),
    "a_key_of_another_kind": (lambda p: p.token(key=EC_KEY, alg="ES256"), "does not fit ES256"),
    "other_tenants_claim": (lambda p: p.token(org="globex"), "org does not name this tenant"),
    "no_tenant_claim": (lambda p: p.token(org=None), "org does not name this tenant"),
    "no_subject": (lambda p: p.token(sub=None), "MissingRequiredClaimError"),
    "no_end": (lambda p: p.token(exp=None), "MissingRequiredClaimError"),
    "no_time": (lambda p: p.token(iat=None), "MissingRequiredClaimError"),
    "no_name": (lambda p: p.token(preferred_username=None), "preferred_username is missing"),
    "a_name_that_is_none": (lambda p: p.token(preferred_username="kim\nadmin"), "is no username"),
    "one_megabyte": (lambda p: p.token(filler="x" * 1_000_000), "bytes long"),
    "cut_off": (lambda p: p.token()[:-20], "DecodeError"),
    "no_token_at_all": (lambda p: "kim", "no JSON web token"),
}


def _at(seconds: int) -> int:
    """So many seconds from now, as claims tell time."""
    return int(time.time()) + seconds


def _forged(provider: Provider, secret: bytes) -> str:
    """The library refuses to sign with a public key, so it is told that it is a text."""
    _, body, _ = provider.token().split(".")
    made = base64url_encode(b'{"alg":"HS256","typ":"JWT","kid":"first"}').decode()
    signer = HMACAlgorithm(HMACAlgorithm.SHA256)
    signed = signer.sign(f"{made}.{body}".encode(), secret)
    return f"{made}.{body}.{base64url_encode(signed).decode()}"


@pytest.mark.parametrize("case", REFUSED)
def test_a_token_that_does_not_hold_is_refused_in_general_terms_and_logged_exactly(
    case: str, provider: Provider, issuer: Issuer, bearer: Bearer, caplog: pytest.LogCaptureFixture
) -> None:
    make, why = REFUSED[case]
    answer = bearer(make(provider)).get(RULES)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.json()["detail"] == "The token is not valid here, or not any more. Sign in again."
    assert why in caplog.text
    assert "\n" not in caplog.messages[-1]
    assert not User.objects.filter(username__startswith="kim").exists()


def test_a_new_key_is_taken_at_once_and_the_old_one_is_worth_nothing_from_then_on(
    provider: Provider, issuer: Issuer, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = provider.token()
    assert bearer(old).get(RULES).status_code == 200
    monkeypatch.setattr("accounts.signing_keys.PAUSE_SECONDS", 0)
    provider.keys = {"second": OTHER_RSA_KEY}
    assert bearer(provider.token(kid="second", key=OTHER_RSA_KEY)).get(RULES).status_code == 200
    assert bearer(old).get(RULES).status_code == 401


def test_made_up_keys_do_not_have_the_issuer_called_for_each(
    provider: Provider, issuer: Issuer, bearer: Bearer
) -> None:
    for kid in ("first", "a", "b", "c"):
        bearer(provider.token(kid=kid)).get(RULES)
    assert provider.asked.count("/keys") == 1


def test_known_keys_hold_while_the_issuer_is_away_and_without_them_it_is_said(
    provider: Provider, issuer: Issuer, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.away = True
    answer = bearer(provider.token()).get(RULES)
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_away")
    provider.away = False
    assert bearer(provider.token()).get(RULES).status_code == 200
    provider.away = True
    monkeypatch.setattr("accounts.signing_keys.FRESH_SECONDS", 0)
    assert bearer(provider.token()).get(RULES).status_code == 200


def test_a_shared_key_among_the_published_ones_signs_nothing(
    provider: Provider, issuer: Issuer, bearer: Bearer
) -> None:
    provider.keys = {"first": {"kty": "oct", "k": "A" * 64}, "second": RSA_KEY}
    assert bearer(provider.token(key="A" * 48, alg="HS256")).get(RULES).status_code == 401


def test_elliptic_curves_and_shared_keys_sign_as_well(provider: Provider, issuer: Issuer, bearer: Bearer) -> None:
    provider.keys = {"first": EC_KEY}
    assert bearer(provider.token(key=EC_KEY, alg="ES256")).get(RULES).status_code == 200
    Issuer.objects.update(shared_key="k" * 40)
    assert bearer(provider.token(key="k" * 40, alg="HS256")).get(RULES).status_code == 200
    assert bearer(provider.token(key=EC_KEY, alg="ES256")).get(RULES).status_code == 401
    assert bearer(provider.token(key="x" * 40, alg="HS256")).get(RULES).status_code == 401


def test_nobody_is_made_or_taken_over_unless_the_tenant_says_so(
    provider: Provider, issuer: Issuer, bearer: Bearer
) -> None:
    Issuer.objects.update(creates_people=False)
    assert bearer(provider.token()).get(RULES).status_code == 401
    kim = ensure_user(username="kim", password=PASSWORD, role=Role.VIEWER)
    assert bearer(provider.token()).get(RULES).status_code == 401
    Issuer.objects.update(links_people=True)
    assert bearer(provider.token()).get(RULES).status_code == 200
    assert SocialAccount.objects.get(uid="u-1").user_id == kim.pk


def test_a_superuser_is_never_taken_over(provider: Provider, issuer: Issuer, bearer: Bearer) -> None:
    Issuer.objects.update(links_people=True)
    User.objects.create_superuser("kim")
    assert bearer(provider.token()).get(RULES).status_code == 401


def test_who_is_known_stays_the_same_person_under_another_name(
    provider: Provider, issuer: Issuer, bearer: Bearer
) -> None:
    bearer(provider.token()).get(RULES)
    assert bearer(provider.token(preferred_username="kim.married")).get(RULES).status_code == 200
    assert list(User.objects.filter(username__startswith="kim").values_list("username", flat=True)) == ["kim"]


def test_the_inactive_and_the_signed_out_are_refused(
    provider: Provider, issuer: Issuer, bearer: Bearer, tenant_admin: User
) -> None:
    old = provider.token(iat=_at(-60))
    bearer(old).get(RULES)
    kim = User.objects.get(username="kim")
    end_sessions(kim, by=tenant_admin, at=timezone.now() - timedelta(seconds=30))
    assert bearer(old).get(RULES).status_code == 401
    assert bearer(provider.token(iat=_at(-10))).get(RULES).status_code == 200
    User.objects.filter(pk=kim.pk).update(is_active=False)
    assert bearer(provider.token()).get(RULES).status_code == 401


def test_another_tenant_does_not_believe_the_issuer(
    provider: Provider, issuer: Issuer, bearer: Bearer, globex: Tenant
) -> None:
    assert bearer(provider.token(org="globex"), tenant=globex).get(RULES).status_code == 401


def test_an_issuer_of_all_tenants_is_believed_for_the_one_that_its_claim_names(
    provider: Provider, bearer: Bearer, globex: Tenant, settings: Any
) -> None:
    settings.TRUSTED_ISSUERS = [
        {
            "slug": "all",
            "name": "Group",
            "kind": "people",
            "issuer": provider.url,
            "audience": "forge",
            "tenant_claim": "org",
            "creates_people": True,
        }
    ]
    token = provider.token(aud="forge", org="globex")
    assert bearer(token, tenant=globex).get(RULES).status_code == 200
    assert bearer(token).get(RULES).status_code == 401


def test_a_token_that_was_signed_out_is_refused_however_its_signature_is_written(
    provider: Provider, issuer: Issuer, bearer: Bearer
) -> None:
    token, another = provider.token(), provider.token(jti="another")
    assert bearer(token).post("/api/auth/sign-out", {}).status_code == 204
    # The last character of 256 bytes in base64 has bits to spare.
    twin = token[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[token[-1]]
    assert [bearer(one).get(RULES).status_code for one in (token, twin, another)] == [401, 401, 200]
