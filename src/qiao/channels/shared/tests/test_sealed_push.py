"""Pushes that are signed and sealed: the platforms' published example in both modes and formats, and what must not be believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.shared import sealed_push
from qiao.channels.shared.sealed_push import Seal, fields, fields_of, verify
from qiao.kit.errors import Invalid, QiaoError, Refused
from qiao.kit.sealed_callback import sealed, signature
from qiao.ports.channel import Ack, RawReceipt

SAFE = Seal(token="AAAAA", key="A" * 43, owner="wxba5fad812f8e6fb9")
PLAIN = Seal(token="AAAAA", safe=False)
ENCRYPTED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7v"
    "JVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb"
    "6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
SEALED = RawReceipt(
    "POST",
    {},
    {
        "signature": "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
        "timestamp": "1714112445",
        "nonce": "415670741",
        "encrypt_type": "aes",
        "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
    },
    f'{{"ToUserName": "gh_97417a04a28d", "Encrypt": "{ENCRYPTED}"}}'.encode(),
)
ECHO = RawReceipt(
    "GET",
    {},
    {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "echostr": "4375120948345356249",
        "timestamp": "1714036504",
        "nonce": "1514711492",
    },
    b"",
)
OPEN = RawReceipt(
    "POST",
    {},
    {"signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78", "timestamp": "1714037059", "nonce": "486452656"},
    b'{"ToUserName": "gh_97417a04a28d", "CreateTime": 1714037059, "MsgType": "event", "Event": "debug_demo"}',
)


def at(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    monkeypatch.setattr(sealed_push, "utc_now", lambda: datetime.fromtimestamp(seconds, UTC))


def test_the_published_push_is_believed_and_opens():
    assert verify(SEALED, SAFE) is None
    assert fields(SEALED.body, SAFE) == {
        "ToUserName": "gh_97417a04a28d",
        "FromUserName": "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
        "CreateTime": "1714112445",
        "MsgType": "event",
        "Event": "debug_demo",
        "debug_str": "hello world",
    }


def test_the_published_answer_is_sealed_to_the_byte():
    assert sealed(SAFE.key, b'{"demo_resp":"good luck"}', SAFE.owner, b"707722b803182950") == (
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )


@pytest.mark.parametrize("seal", [SAFE, PLAIN], ids=["safe", "plain"])
def test_the_published_handshake_is_answered_while_it_is_fresh(seal: Seal, monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, 1714036504 + 599)
    assert verify(ECHO, seal) == Ack(body="4375120948345356249")
    at(monkeypatch, 1714036504 + 601)
    with pytest.raises(Refused):
        verify(ECHO, seal)


def test_the_published_plain_push_is_believed_while_it_is_fresh(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, 1714037059)
    assert verify(OPEN, PLAIN) is None
    assert fields(OPEN.body, PLAIN)["Event"] == "debug_demo"
    at(monkeypatch, 1714037059 + int(timedelta(hours=1).total_seconds()))
    with pytest.raises(Refused):
        verify(OPEN, PLAIN)


@pytest.mark.parametrize(
    ("written", "fresh"),
    [
        ("1714037059", True),
        ("1714037059123", True),
        ("171403705", False),
        ("17140370591234", False),
        ("-1714037059", False),
        ("٣", False),
    ],
)
def test_the_time_is_in_seconds_or_in_thousandths(written: str, fresh: bool, monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, 1714037100)
    query = {"timestamp": written, "nonce": "n", "signature": signature("AAAAA", written, "n")}
    believed = True
    try:
        verify(RawReceipt("POST", {}, query, b"{}"), PLAIN)
    except Refused:
        believed = False
    assert believed is fresh


def test_a_sealed_push_is_believed_whenever_it_comes(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, 1914112445)
    assert verify(SEALED, SAFE) is None


def test_in_safe_mode_what_is_open_is_not_believed(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, 1714037059)
    with pytest.raises(Refused):
        verify(OPEN, SAFE)


@pytest.mark.parametrize(
    "seal",
    [
        Seal(token="", key="A" * 43, owner="wxba5fad812f8e6fb9"),
        Seal(token="BBBBB", key="A" * 43, owner="wxba5fad812f8e6fb9"),
    ],
    ids=["no-token", "other-token"],
)
def test_another_token_believes_nothing(seal: Seal, monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, 1714036504)
    for receipt in (SEALED, ECHO):
        with pytest.raises(Refused):
            verify(receipt, seal)


@pytest.mark.parametrize(
    ("key", "owner"), [("B" * 43, "wxba5fad812f8e6fb9"), ("A" * 43, "wx0"), ("", "wxba5fad812f8e6fb9"), ("A" * 43, "")]
)
def test_a_wrong_key_or_owner_parks_it(key: str, owner: str):
    """It was believed and is kept: once the admin has mended the setting it can be read."""
    seal = Seal(token="AAAAA", key=key, owner=owner)
    assert verify(SEALED, seal) is None
    with pytest.raises(Invalid):
        fields(SEALED.body, seal)


def test_both_formats_say_the_same():
    as_xml = b"<xml><MsgType>text</MsgType><CreateTime>12</CreateTime><Info><Label>a</Label></Info></xml>"
    as_json = b' {"MsgType": "text", "CreateTime": 12, "Info": {"Label": "a"}, "None": null, "List": [1]}'
    assert {key: value for key, value in fields_of(as_xml).items() if key != "Info"} == fields_of(as_json)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"a": "\xff"}',
        b'{"a":' * 5_000,
        b"<a>" * 50_000,
        b'{"a": "' + b"x" * 1_100_000 + b'"}',
        b"{" + b",".join(b'"k%d": 1' % one for one in range(300)) + b"}",
    ],
)
def test_what_is_no_push_is_refused(body: bytes):
    with pytest.raises(Invalid):
        fields_of(body)
    with pytest.raises(Refused):
        verify(RawReceipt("POST", {}, {"msg_signature": signature("AAAAA", "", "", "")}, body), SAFE)


def test_an_echo_without_end_is_cut(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, 1714036504)
    answer = verify(RawReceipt("GET", {}, {**ECHO.query, "echostr": "9" * 5_000}, b""), SAFE)
    assert answer == Ack(body="9" * 256)


@given(st.binary(max_size=120), st.dictionaries(st.sampled_from(["signature", "msg_signature", "timestamp", "nonce"]), st.text()))
def test_nothing_made_up_is_believed(body: bytes, query: dict[str, str]):
    for seal in (SAFE, PLAIN):
        for method in ("GET", "POST"):
            with pytest.raises(QiaoError):
                verify(RawReceipt(method, {}, query, body), seal)
