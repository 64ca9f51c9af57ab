"""Check digits: ISO 7064 MOD 11-2 (GB 11643, Chinese identity numbers), Luhn (ISO/IEC 7812, cards), MOD 31 (GB 32100, tax numbers)."""

from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_FIRST_YEAR = 1880


def is_id_number(written: str) -> bool:
    """Whether 18 characters are a Chinese identity number: a real birthday and the right check character."""
    body, check = written[:17], written[17:].upper()
    if len(written) != 18 or not (body.isascii() and body.isdigit()):
        return False
    try:
        born = date(int(body[6:10]), int(body[10:12]), int(body[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return born.year >= _FIRST_YEAR and _ID_CHECKS[total % 11] == check


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before it. All the same digit is none."""
    if not (digits.isascii() and digits.isdigit()) or len(set(digits)) == 1:
        return False
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(one - 9 * (one > 9) for one in doubled)) % 10 == 0


def is_credit_code(written: str) -> bool:
    """Whether 18 characters are a unified social credit code, which is a Chinese company's tax number too."""
    written = written.upper()
    region = written[2:8]
    if len(written) != 18 or not set(written) <= set(_CREDIT_ALPHABET) or not region.isdigit():
        return False
    total = sum(_CREDIT_ALPHABET.index(one) * weight for one, weight in zip(written[:17], _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31] == written[17]
