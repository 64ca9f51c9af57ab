"""Order numbers, which may stay, and what phonenumbers and argus-redact find, which may not. Both are read with their first use."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from qiao.domains.bot.generating.personal import Span, longer_address
from qiao.kit.checksums import is_luhn
from qiao.kit.text import normalise

FEWEST_DIGITS = 6
_CARD_DIGITS = range(13, 20)
_ARGUS_KINDS = {
    "NAME": "person",
    "PHONE": "phone phone_landline",
    "EMAIL": "email",
    "ADDRESS": "address postcode",
    "CARD": "bank_card credit_card iban",
    "BIRTHDAY": "date_of_birth",
    "NUMBER": "ip_address mac_address license_plate imei wechat qq housing_fund",
    "ID": "id_number passport us_passport ssn itin social_security military_id hk_id macau_id tw_id taiwan_arc hrp eep nino nhs_number"
    " aadhaar pan cpf cnpj my_number rrn tax_id credit_code",
    "SECRET": "openai_api_key anthropic_api_key aws_access_key github_token jwt ssh_private_key url_token",
}
_ARGUS = {name: kind for kind, names in _ARGUS_KINDS.items() for name in names.split()}
"""What of argus-redact's findings says who somebody is. Age, illness, trade and the like stay: without a name they are the question."""
_NAMED_ORDER = re.compile(
    r"(?:订单(?:编?号|号码)?|訂單(?:編?號)?|单号|order(?: ?(?:no|number|id|nr))?\.?)[\s:：#是为]{0,5}(?:is\b[\s:：#]{0,3})?"
    r"(?P<order>(?=[a-z\d-]*\d)[a-z\d][a-z\d-]{3,30})(?![a-z\d@])",
    re.IGNORECASE,
)
_ORDER = re.compile(r"(?<![A-Za-z\d@.-])(?P<order>[A-Z]{1,5}-?\d{6,20})(?![A-Za-z\d@])")
_PERSONAL_SHAPES = re.compile(
    r"(?:\+?86)?1[3-9]\d{9}|[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]|[1-9]\d{14}"
    r"|\d{3}-\d{2}-\d{4}|[A-Z]{1,2}\d{7,9}"
)


class NotRead(Exception):
    """A text in which one of the tools could not look."""


def orders(text: str) -> Iterator[Span]:
    """Order numbers, apart from what is called one and has the form of a person's number."""
    for pattern in (_NAMED_ORDER, _ORDER):
        for match in pattern.finditer(text):
            written = match["order"]
            if not _PERSONAL_SHAPES.fullmatch(written) and not _is_card(written):
                yield Span(*match.span("order"), "ORDER")


def _is_card(written: str) -> bool:
    digits = written.replace("-", "")
    return len(digits) in _CARD_DIGITS and is_luhn(digits)


def phones(text: str) -> Iterator[Span]:
    if sum(map(str.isdigit, text)) < FEWEST_DIGITS:
        return
    import phonenumbers  # noqa: PLC0415 - reads numbering plans; only desks with a model need them

    for region in ("CN", "US", "GB"):
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            yield Span(match.start, match.end, "PHONE")


def argus(text: str) -> Iterator[Span]:
    """argus-redact's findings. It reads simplified characters best, so traditional ones are shown to it simplified, place by place."""
    try:
        from argus_redact import redact  # noqa: PLC0415 - a fifth of a second, and only desks with a model need it
    except ImportError as error:
        raise NotRead("argus-redact is not installed") from error
    simple = "".join(map(_simplified, text))
    try:
        # The salt only makes its own replacements, which are not used.
        found: Any = redact(simple, lang=["zh", "en"], mode="fast", report=True)
    except Exception as error:
        raise NotRead("argus-redact cannot read this") from error
    for entity in found.entities:
        kind = _ARGUS.get(entity["type"])
        if kind is not None:
            start, end = entity["start"], entity["end"]
            if simple[start:end] != entity["original"]:
                raise NotRead("argus-redact does not say where")
            yield Span(start, longer_address(text, end) if kind == "ADDRESS" else end, kind)


@lru_cache(maxsize=8_192)
def _simplified(character: str) -> str:
    if not "\u3400" <= character <= "\u9fff":
        return character
    simple = normalise(character)
    return simple if len(simple) == 1 else character
