"""Signing and deciding, without a database: the specification's own example, the schedule, what answers mean, which headers may be set."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.webhooks.contracts import HeaderWish, Verdict
from qiao.domains.webhooks.errors import WebhookInvalid
from qiao.domains.webhooks.rules import (
    JITTER,
    MAX_RETRY_AFTER,
    REST_AT_LEAST,
    REST_AT_MOST,
    WAITS,
    checked_headers,
    rest_after,
    retry_after,
    verdict_of,
    wait_after,
)
from qiao.domains.webhooks.signing import new_signing_secret, signature, signed_headers

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BYTES = st.binary(max_size=200)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def by_the_book(secret, message_id, timestamp, body):
    """The specification's section on verifying, in other words than ours."""
    key = base64.standard_b64decode(secret.split("_", 1)[1])
    made = hmac.new(key, digestmod=hashlib.sha256)
    for part in (message_id.encode(), b".", str(timestamp).encode(), b".", body):
        made.update(part)
    return "v1," + base64.standard_b64encode(made.digest()).decode()


def test_the_example_that_the_specifications_libraries_are_tested_with_is_signed_as_there():
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.integers(0, 2**40), BYTES, st.text("abcdef0123456789", min_size=1, max_size=40))
def test_a_signature_is_what_a_receiver_works_out(timestamp, body, name):
    secret = new_signing_secret()
    assert signature(secret, f"msg_{name}", timestamp, body) == by_the_book(secret, f"msg_{name}", timestamp, body)


@given(BYTES, BYTES)
def test_another_body_time_or_id_has_another_signature(body, other):
    secret = new_signing_secret()
    made = signature(secret, "msg_1", 7, body)
    assert (signature(secret, "msg_1", 7, other) == made) == (body == other)
    assert made not in {signature(secret, "msg_2", 7, body), signature(secret, "msg_1", 8, body)}


def test_a_fresh_secret_has_the_form_and_the_length_that_the_specification_asks_for():
    secrets = {new_signing_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert {len(base64.b64decode(one.removeprefix("whsec_"), validate=True)) for one in secrets} == {32}


def test_what_is_no_secret_signs_nothing():
    with pytest.raises(ValueError, match="whsec_"):
        signature("whsec_not base64!", "msg_1", 7, b"")


def test_every_secret_that_is_held_signs():
    held = [new_signing_secret(), new_signing_secret()]
    headers = signed_headers(held, "msg_1", 7, b"{}")
    assert headers["webhook-signature"].split(" ") == [by_the_book(one, "msg_1", 7, b"{}") for one in held]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "7")


def test_the_schedule_lasts_about_75_hours_with_ten_tries():
    waits = [wait_after(tries, 0.5) for tries in range(1, 11)]
    assert waits[-1] is None
    assert 75 * 3600 < sum(waits[:-1]) < 76 * 3600
    assert waits[:-1] == sorted(waits[:-1])


@given(st.integers(1, len(WAITS)), st.floats(0, 1))
def test_chance_moves_a_wait_within_its_bounds_and_never_past_the_next(tries, chance):
    wait = wait_after(tries, chance)
    assert WAITS[tries - 1] * (1 - JITTER) - 1e-6 <= wait <= WAITS[tries - 1] * (1 + JITTER) + 1e-6


@given(st.integers(100, 599))
def test_2xx_alone_is_success(status):
    assert (verdict_of(status) is Verdict.DELIVERED) == (200 <= status <= 299)
    assert (verdict_of(status) is Verdict.GONE) == (status == 410)
    assert (verdict_of(status) is Verdict.THROTTLED) == (status in {429, 502, 503, 504})


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("999999999999999999999", MAX_RETRY_AFTER),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_seconds(value, seconds):
    assert retry_after(value, NOW) == seconds


@given(st.integers(-(10**6), 10**6))
def test_retry_after_as_a_date_is_the_time_until_then_within_a_day(seconds):
    value = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(value, NOW) == min(max(seconds, 0), MAX_RETRY_AFTER)


@given(st.text(max_size=40))
def test_no_retry_after_breaks_the_reading_of_it(value):
    found = retry_after(value, NOW)
    assert found is None or 0 <= found <= MAX_RETRY_AFTER


@given(st.integers(-3, 10**6))
def test_a_rest_grows_to_its_bound(times):
    assert REST_AT_LEAST <= rest_after(times, None) <= REST_AT_MOST
    assert rest_after(times + 1, None) >= rest_after(times, None)
    assert rest_after(times, 7.0) == 7.0


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "WEBHOOK-ID",
        "webhook-signature",
        "User-Agent",
        "transfer-encoding",
        "X Y",
        "X:Y",
        "X\r\nY",
        "",
        "钥匙",
    ],
)
def test_headers_that_are_ours_or_no_headers_are_refused(name):
    with pytest.raises(WebhookInvalid):
        checked_headers([HeaderWish(name, "v")], {})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "值", " v", "\x00", None])
def test_values_that_cannot_be_sent_or_were_never_given_are_refused(value):
    with pytest.raises(WebhookInvalid):
        checked_headers([HeaderWish("X-Key", value)], {})


def test_a_header_without_a_value_keeps_its_own_and_one_that_is_left_out_goes():
    kept = {"X-Key": "old", "X-Gone": "old"}
    assert checked_headers([HeaderWish("x-key"), HeaderWish("X-New", "v")], kept) == {"x-key": "old", "X-New": "v"}


def test_a_header_is_set_once():
    with pytest.raises(WebhookInvalid):
        checked_headers([HeaderWish("X-Key", "a"), HeaderWish("x-key", "b")], {})
