"""What crosses the wire: signed queries out (RPC style, signature version 1.0), lists of texts and reports in. Pure.

Signature: base64 of HMAC-SHA1(secret + "&", METHOD + "&%2F&" + encoded(sorted query)), with RFC 3986 percent encoding throughout.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import words
from qiao.kit.errors import Invalid
from qiao.kit.sms_text import leaves
from qiao.kit.webhook_signatures import signed_base64
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    Left,
    NeedsReauth,
    OutboundMessage,
    Proof,
    Rejected,
    Reported,
    Retry,
    Sender,
    SendResult,
    Sent,
)

BEIJING = timezone(timedelta(hours=8))
BUSY_SECONDS = 60.0
OK = "OK"
_UNKNOWN = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT"})
_BLOCKED = frozenset({"isv.BLACK_KEY_CONTROL_LIMIT", "isv.DENY_IP_RANGE"})
_CREDENTIALS = re.compile(
    r"SignatureDoesNotMatch|InvalidAccessKeyId|Forbidden|isv\.AMOUNT_NOT_ENOUGH|isv\.ACCOUNT_|isp\.RAM_PERMISSION_DENY"
)
_BUSY = re.compile(
    r"Throttling|ServiceUnavailable|InternalError|isp\.|isv\.BUSINESS_LIMIT_CONTROL|isv\.DAY_LIMIT_CONTROL|SignatureNonceUsed"
)
_GONE_REPORTS = frozenset({"MK:0001", "UNDELIV", "MOBILE_NOT_ON_SERVICE", "INVALID_NUMBER"})


class Push(Struct, frozen=True):
    """One entry of a push: a text of a customer, or what became of one of ours. What else it holds is passed over."""

    phone_number: str = ""
    send_time: str = ""
    content: str | None = None
    sequence_id: int | str | None = None
    success: bool | None = None
    report_time: str = ""
    err_code: str = ""
    biz_id: str = ""


class Answer(Struct, frozen=True, rename="pascal"):
    """What the API says."""

    code: str = ""
    message: str = ""
    biz_id: str = ""


def encoded(text: str) -> str:
    """Percent encoding as the signature wants it."""
    return quote(text, safe="-_.~")


def query_of(fields: Mapping[str, str]) -> str:
    """The fields, names in order, encoded."""
    return "&".join(f"{encoded(name)}={encoded(fields[name])}" for name in sorted(fields))


def signature(method: str, fields: Mapping[str, str], secret: str) -> str:
    """What `Signature` must be."""
    return signed_base64(f"{secret}&", f"{method}&%2F&{encoded(query_of(fields))}".encode(), digest="sha1")


def signed(fields: Mapping[str, str], key_id: str, secret: str, nonce: str, now: datetime) -> dict[str, str]:
    """The fields of a call with everything that each call has, signed for POST."""
    whole = {
        "AccessKeyId": key_id,
        "Format": "JSON",
        "RegionId": "cn-hangzhou",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": nonce,
        "SignatureVersion": "1.0",
        "Timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Version": "2017-05-25",
        **fields,
    }
    return {**whole, "Signature": signature("POST", whole, secret)}


def written(message: OutboundMessage, settings: Mapping[str, Any]) -> dict[str, str] | None:
    """The fields of a send; None when free text cannot go since there is no template for it."""
    if message.template is not None:
        code, values = message.template.name, _named(message.template.name, message.template.values, settings)
    else:
        code, values = str(settings.get("text_template") or ""), {"content": message.text}
    if not code:
        return None
    return {
        "Action": "SendSms",
        "PhoneNumbers": message.to.removeprefix("+86"),
        "SignName": str(settings.get("sign_name") or ""),
        "TemplateCode": code,
        "TemplateParam": msgspec.json.encode(values).decode(),
        "OutId": message.key[:64],
    }


def _named(code: str, values: Sequence[str], settings: Mapping[str, Any]) -> dict[str, str]:
    given = settings.get("template_variables")
    names = given.get(code) if isinstance(given, dict) else None
    listed = [str(name) for name in names] if isinstance(names, list) else [str(place) for place in range(1, len(values) + 1)]
    return dict(zip(listed, values, strict=False))


def read(body: bytes) -> list[Inbound]:
    """A push: a list of texts or of reports, in its order. Raises Invalid."""
    try:
        pushed = msgspec.json.decode(body, type=list[Push])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Invalid("this is not a list of messages or reports") from None
    return [told for one in pushed for told in (_received(one) if one.content is not None else _reported(one))]


def _received(push: Push) -> Sequence[Inbound]:
    if not push.phone_number or push.sequence_id is None or push.content is None:
        return ()
    address = international(push.phone_number)
    sender = Sender(address=address, phone=address, proofs=(Proof("phone", address),))
    text = push.content
    message = InboundMessage(provider_id=f"up-{push.sequence_id}", sender=sender, text=text, sent_at=_beijing(push.send_time))
    gone = leaves(text)
    return (message,) if gone is None else (message, Left(sender=sender, reason="opted_out", back=not gone))


def _reported(push: Push) -> Sequence[Inbound]:
    if push.success is None or not push.biz_id:
        return ()
    gone = push.err_code in _GONE_REPORTS
    return (
        Reported(
            provider_id=push.biz_id,
            state="delivered" if push.success else "failed",
            reason=None if push.success else "unknown_address" if gone else words(push.err_code, "failed"),
            permanent=gone and not push.success,
            at=_beijing(push.report_time),
        ),
    )


def international(number: str) -> str:
    """A mainland number as it is written abroad; others as they are."""
    digits = number.removeprefix("+")
    return f"+86{digits}" if re.fullmatch(r"1\d{10}", digits, re.ASCII) else f"+{digits}"


def _beijing(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_ENDS: Sequence[tuple[Callable[[str], object], Callable[[str], SendResult]]] = (
    (_UNKNOWN.__contains__, lambda _: Rejected("unknown_address")),
    (_BLOCKED.__contains__, lambda _: Rejected("blocked")),
    (_CREDENTIALS.match, NeedsReauth),
    (_BUSY.match, lambda code: Retry(BUSY_SECONDS, code)),
)


def result_of(answer: Answer | None) -> SendResult:
    """What an answer means."""
    if answer is None or not answer.code:
        return Retry(BUSY_SECONDS, "the provider answered without sense")
    if answer.code == OK:
        return Sent(provider_id=answer.biz_id or None)
    code = words(answer.code)
    return next((end(code) for fits, end in _ENDS if fits(answer.code)), Rejected(words(f"{code} {answer.message}")))
