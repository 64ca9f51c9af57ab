"""Numbers that name something: orders, identity cards, bank cards, tax numbers."""

import re
from collections.abc import Iterator

from qiao.domains.bot.entities.finds import LIKELY, POSSIBLE, SURE, Find
from qiao.kit.checksums import is_credit_code, is_id_number, is_luhn
from qiao.kit.lazy import lazy_pattern

_NAMED_ORDER = lazy_pattern(
    r"(?:订单(?:编?号|号码)?|单号|运单号?|快递号|\border(?: ?(?:no|number|id|nr|ref(?:erence)?))?\.?|\btracking(?: ?(?:no|number|id))?\.?"
    r"|\breference(?: ?(?:no|number))?\.?)[\s:#是为]{0,5}(?:is\b[\s:#]{0,3})?"
    r"((?=[A-Za-z-]{0,8}\d)[A-Za-z0-9][A-Za-z0-9-]{3,30})",
    re.IGNORECASE,
)
_LOOKS_LIKE_ORDER = lazy_pattern(
    r"(?<![\w@.-])(?:[A-Za-z]{1,5}-?\d{5,20}(?:-\d{2,10}){0,2}|#[A-Za-z]{0,4}-?\d{4,20}|\d{12,24})(?![\w@]|-\w)",
    re.ASCII,
)
_NAMED_CODE = lazy_pattern(r"^[A-Za-z]{1,5}-\d{3,20}$")
_EIGHTEEN = lazy_pattern(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{18})(?![0-9A-Za-z])")
_CARD = lazy_pattern(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,4}(?:[ -]?\d{1,3})?(?![\w-])", re.ASCII)
_CARD_DIGITS = range(13, 20)
_VAT = lazy_pattern(
    r"(?<![\w.-])(?:GB ?\d{3} ?\d{4} ?\d{2}|(?:ATU|AT U) ?\d{8}|BE ?[01]\d{9}|CY ?\d{8}[A-Z]|DE ?\d{9}|EL ?\d{9}"
    r"|ES ?[A-Z0-9]\d{7}[A-Z0-9]|FR ?[A-Z0-9]{2} ?\d{9}|IE ?\d[A-Z0-9+*]\d{5}[A-Z]{1,2}|IT ?\d{11}|LU ?\d{8}|NL ?\d{9}B\d{2}"
    r"|PL ?\d{10}|PT ?\d{9}|SE ?\d{12}|(?:DK|FI|HU|MT|SI) ?\d{8}|(?:EE) ?\d{9}|(?:HR|LV) ?\d{11}|(?:CZ|BG|RO|LT|SK) ?\d{8,12})(?![\w-])",
    re.ASCII,
)
_NAMED_TAX = lazy_pattern(
    r"(?:税号|纳税人识别号|统一社会信用代码|信用代码|\bvat(?: ?(?:no|number|id))?\.?|\btax ?(?:no|number|id)\.?)"
    r"[\s:#是为]{0,4}(?:is\b[\s:#]{0,3})?((?=[A-Za-z]{0,6}\d)[0-9A-Za-z]{8,20})",
    re.IGNORECASE,
)


def orders(text: str) -> Iterator[Find]:
    """Order and parcel numbers: called so, or of a shape that little else has. Their value without #, in capitals."""
    for match in _NAMED_ORDER.finditer(text):
        yield Find("order", match.start(1), match.end(1), match[1].upper(), SURE)
    for match in _LOOKS_LIKE_ORDER.finditer(text):
        surety = LIKELY if match[0].startswith("#") or _NAMED_CODE.match(match[0]) else POSSIBLE
        yield Find("order", match.start(), match.end(), match[0].lstrip("#").upper(), surety)


def identity_numbers(text: str) -> Iterator[Find]:
    """Chinese identity numbers whose check character is right."""
    for match in _EIGHTEEN.finditer(text):
        if is_id_number(match[0]):
            yield Find("id_number", match.start(), match.end(), match[0].upper(), SURE)


def bank_cards(text: str) -> Iterator[Find]:
    """Bank card numbers of 13 to 19 digits whose check digit is right."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        if len(digits) in _CARD_DIGITS and is_luhn(digits):
            yield Find("bank_card", match.start(), match.end(), digits, SURE)


def tax_numbers(text: str) -> Iterator[Find]:
    """Unified social credit codes by check character, European and British VAT numbers by shape, others when called so."""
    for match in _EIGHTEEN.finditer(text):
        if is_credit_code(match[0]):
            yield Find("tax_number", match.start(), match.end(), match[0].upper(), SURE)
    for match in _VAT.finditer(text):
        yield Find("tax_number", match.start(), match.end(), match[0].replace(" ", ""), LIKELY)
    for match in _NAMED_TAX.finditer(text):
        yield Find("tax_number", match.start(1), match.end(1), match[1].upper(), SURE)
