"""Proofs of identity: only what a live key signed, for this inbox, for a short time. Everything else gets one answer."""

import base64
import json
from datetime import timedelta

import jwt
import pytest

from qiao.kit.clock import utc_now
from qiao.platform.auth.signing import MAX_LIFETIME_SECONDS, MAX_SUBJECT, ProofRefused, check_proof, sign_proof

KEY, OTHER = "qk_" + "k" * 43, "qk_" + "o" * 43
AUDIENCE = "inbox-1"


def now() -> int:
    return int(utc_now().timestamp())


def signed(key: str = KEY, algorithm: str = "HS256", **changes: object) -> str:
    claims = {"sub": "u-1", "aud": AUDIENCE, "exp": now() + 600, **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm=algorithm)


def unsigned(header: dict[str, object], claims: dict[str, object], signature: str = "") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, signature])


def refused(token: str, keys: list[str] | None = None) -> str:
    with pytest.raises(ProofRefused) as answer:
        check_proof(token, [KEY] if keys is None else keys, audience=AUDIENCE)
    return answer.value.message


def test_what_we_sign_is_believed():
    token = sign_proof("u-1", KEY, audience=AUDIENCE, lifetime_seconds=60, claims={"name": "林语桐", "tier": "vip"})
    proof = check_proof(token, [KEY], audience=AUDIENCE)
    assert (proof.subject, proof.claims["name"], proof.claims["tier"]) == ("u-1", "林语桐", "vip")
    assert timedelta(0) < proof.expires_at - utc_now() <= timedelta(seconds=60)


def test_any_live_key_will_do_while_one_is_rotated():
    for key in (KEY, OTHER):
        assert check_proof(signed(key), [KEY, OTHER], audience=AUDIENCE).subject == "u-1"
    refused(signed(OTHER), [KEY])


def test_claims_cannot_replace_what_is_signed_for():
    token = sign_proof("u-1", KEY, audience=AUDIENCE, claims={"sub": "admin", "aud": "other", "exp": 9_999_999_999})
    proof = check_proof(token, [KEY], audience=AUDIENCE)
    assert (proof.subject, proof.claims["aud"]) == ("u-1", AUDIENCE)


CLAIMS = {"sub": "u-1", "aud": AUDIENCE, "exp": 9_999_999_999}


@pytest.mark.parametrize(
    "forge",
    [
        lambda: unsigned({"alg": "none", "typ": "JWT"}, CLAIMS),
        lambda: unsigned({"alg": "None"}, CLAIMS),
        lambda: unsigned({"alg": "HS256"}, CLAIMS),
        lambda: unsigned({"alg": "RS256"}, CLAIMS, "AAAA"),
        lambda: unsigned({"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}, CLAIMS, "AAAA"),
        lambda: unsigned({"alg": "HS256", "kid": "../../dev/null"}, CLAIMS, "AAAA"),
        lambda: signed(OTHER),
        lambda: signed("k"),
        lambda: signed(algorithm="HS512"),
        lambda: signed()[:-2],
        lambda: signed() + "A",
        lambda: signed(sub=None),
        lambda: signed(sub=""),
        lambda: signed(sub="   "),
        lambda: signed(sub="x" * (MAX_SUBJECT + 1)),
        lambda: signed(sub="a\x00b"),
        lambda: signed(aud=None),
        lambda: signed(aud="inbox-2"),
        lambda: signed(exp=None),
        lambda: signed(exp=now() - 3_600),
        lambda: signed(exp=now() + MAX_LIFETIME_SECONDS + 3_600),
        lambda: signed(exp=10**18),
        lambda: signed(exp=float("inf")),
        lambda: signed(exp="tomorrow"),
        lambda: signed(nbf=now() + 3_600),
        lambda: "",
        lambda: "a.b.c",
        lambda: "....",
        lambda: "x" * 5_000,
        lambda: signed(name="x" * 5_000),
        lambda: "\ud800.\ud800.\ud800",
    ],
)  # fmt: skip
def test_a_forgery_is_refused_with_one_answer_for_all(forge):
    patch = pytest.MonkeyPatch()
    patch.setattr("warnings.warn", lambda *_arguments, **_named: None)
    token = forge()
    patch.undo()
    assert refused(token) == "the identity token cannot be used"


@pytest.mark.parametrize("end", [10**400, -(10**400), 1e308, "9" * 400, "9" * 5_000, float("nan")])
def test_an_end_that_is_no_time_is_refused(end: object):
    assert refused(signed(exp=end)) == refused("x")


def test_without_a_key_nobody_is_believed():
    refused(signed(), [])


def test_a_clock_that_is_a_little_off_is_forgiven():
    assert check_proof(signed(exp=now() - 30), [KEY], audience=AUDIENCE).subject == "u-1"
    refused(signed(exp=now() - 90))


def test_the_longest_subject_stays_whole():
    subject = "s" * MAX_SUBJECT
    assert check_proof(signed(sub=subject), [KEY], audience=AUDIENCE).subject == subject
