"""E-mail addresses, links and telephone numbers."""

import re
from collections.abc import Iterator

from qiao.domains.bot.entities.finds import LIKELY, POSSIBLE, SURE, Find
from qiao.kit.lazy import lazy_pattern

EMAIL = lazy_pattern(r"(?<![\w.+-])[A-Za-z0-9_][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}", re.ASCII)
_URL = lazy_pattern(
    r"(?:https?://|(?<![\w.@-])www\.)[\w.-]{1,253}(?::\d{1,5})?(?:[/?#][\w\-.~:/?#\[\]@!$&'()*+,;=%]{0,500})?",
    re.IGNORECASE | re.ASCII,
)
_URL_END = ".,;:!?)]'\""
_CN_MOBILE = lazy_pattern(r"(?<![\dA-Za-z@_.-])(?:(?:\+|00)?86[ -]?)?(1[3-9]\d)([ -]?)(\d{4})\2(\d{4})(?![\dA-Za-z_@]|-\d)")
_WRITTEN_PHONE = lazy_pattern(
    r"(?<![\dA-Za-z@_./:-])(?!\(?(?:19|20)\d\d[-/.])(?:\+|00(?=[1-9])|\(0?\d|\d)(?:[ ().-]{0,2}\d){6,15}(?![\dA-Za-z_@]|[.-]\d)"
)
_NAMED = lazy_pattern(
    r"(?:手机|电话|联系方式|联系|座机|热线|致电|phone|mobile|cell|tel|call|text|number|whats ?app)[^\d\n]{0,12}$", re.IGNORECASE
)
_SEPARATED = lazy_pattern(r"[ ().-]")
_REGIONS = {"zh": ("CN", "HK", "TW"), "zh-Hant": ("TW", "HK", "CN"), "en": ("US", "GB")}
_WRITTEN_AT_MOST = 12
_CONTEXT = 24


def emails(text: str) -> Iterator[Find]:
    """E-mail addresses; their value in lower case."""
    for match in EMAIL.finditer(text):
        written = match[0].rstrip(".-")
        if not written.rsplit(".", 1)[1].isdigit():
            yield Find("email", match.start(), match.start() + len(written), written.lower(), SURE)


def urls(text: str) -> Iterator[Find]:
    """Links as written."""
    for match in _URL.finditer(text):
        written = match[0].rstrip(_URL_END)
        if "." in written:
            yield Find("url", match.start(), match.start() + len(written), written, SURE)


def phones(text: str, locale: str) -> Iterator[Find]:
    """Telephone numbers as E.164: Chinese mobiles by shape, others when their numbering plan has them.

    A number without a country is read as one of the locale's; a bare run of digits counts only when it is called a telephone.
    """
    taken: set[int] = set()
    for match in _CN_MOBILE.finditer(text):
        taken.update(range(match.start(), match.end()))
        yield Find("phone", match.start(), match.end(), f"+86{match[1]}{match[3]}{match[4]}", LIKELY)
    for count, match in enumerate(_WRITTEN_PHONE.finditer(text)):
        if count >= _WRITTEN_AT_MOST:
            return
        if match.start() in taken:
            continue
        named = _NAMED.search(text[max(match.start() - _CONTEXT, 0) : match.start()]) is not None
        international = match[0].startswith(("+", "00"))
        if named or international or _SEPARATED.search(match[0]):
            value = _e164(match[0], () if international else _REGIONS.get(locale, (locale[-2:].upper(), *_REGIONS["en"])))
            if value is not None:
                surety = SURE if named else LIKELY if international else POSSIBLE
                yield Find("phone", match.start(), match.end(), value, surety)


def _e164(written: str, regions: tuple[str, ...]) -> str | None:
    # Imported by the first message that looks like a foreign number: a tenth of a second that no start pays.
    import phonenumbers  # noqa: PLC0415

    if written.startswith("00"):
        written = "+" + written[2:]
    for region in regions or (None,):
        try:
            parsed = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed) or (region is None and phonenumbers.is_possible_number(parsed)):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return None
