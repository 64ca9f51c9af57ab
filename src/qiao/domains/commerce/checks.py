"""Pure checks of what people give: numbers, addresses, invoices, texts, proofs. Each raises CommerceInvalid naming the field."""

import hmac
import re
import unicodedata

import msgspec

from qiao.kit.checksums import is_credit_code
from qiao.ports.commerce import KEY, CommerceInvalid, Proof
from qiao.ports.commerce_orders import Address
from qiao.ports.commerce_wishes import Booking, InvoiceKind, InvoiceRequest

MAX_NUMBER = 60
MAX_WORDS = 2_000
MAX_PEOPLE = 50
_EMAIL = re.compile(r"[^\s@<>\"',;:\\]{1,64}@(?:[^\s@<>.\"',;:\\]{1,63}\.)+[^\s@<>.\"',;:\\0-9]{2,63}")
_OLD_TAX_NUMBER = re.compile(r"[0-9A-Z]{15}|[0-9A-Z]{17}|[0-9A-Z]{20}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}|[0-9A-Z\-]{5,20}")


def plain(text: str) -> str:
    """One line as it was meant: compatible forms folded, control characters and outer space gone."""
    folded = unicodedata.normalize("NFKC", text)
    return " ".join("".join(" " if unicodedata.category(sign) in {"Cc", "Cf"} else sign for sign in folded).split())


def number_key(number: str) -> str:
    """An order's number as it is looked for: letters and digits alone, in capitals; empty for what cannot be one."""
    if len(number) > MAX_NUMBER:
        return ""
    return "".join(sign for sign in unicodedata.normalize("NFKC", number).upper() if sign.isalnum() and sign.isascii())


def email_key(email: str | None) -> str | None:
    """An e-mail as it is compared."""
    return plain(email).casefold() or None if email else None


def phone_key(phone: str | None) -> str | None:
    """A telephone number as it is compared: its digits, the country's code among them where it was given."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", phone) if sign in "0123456789") or None if phone else None


def checked_key(key: str) -> str:
    """A key of the caller's making."""
    if not KEY.fullmatch(key):
        raise CommerceInvalid("a key has 8 to 80 letters, digits, or . : _ -", field="key")
    return key


def checked_proof(proof: Proof) -> Proof:
    """Exactly one of the two, shaped as it should be."""
    if (proof.phone_last4 is None) == (proof.email is None):
        raise CommerceInvalid("give the last four digits of the phone, or the e-mail", field="proof")
    if proof.phone_last4 is not None:
        digits = plain(proof.phone_last4)
        if not re.fullmatch(r"[0-9]{4}", digits):
            raise CommerceInvalid("these are not four digits", field="proof.phone_last4")
        return Proof(phone_last4=digits)
    return Proof(email=checked_email(proof.email or "", "proof.email"))


def proves(proof: Proof, email: str | None, phone: str | None) -> bool:
    """Whether a checked proof fits an order's normalised e-mail and phone. Compared without telling by time where they differ."""
    if proof.phone_last4 is not None:
        return phone is not None and len(phone) >= 7 and hmac.compare_digest(phone[-4:], proof.phone_last4)
    given = email_key(proof.email) or ""
    return bool(given and email) and hmac.compare_digest(given.encode(), (email or "").encode())


def checked_email(email: str, field: str) -> str:
    """An address that mail can be sent to."""
    cleaned = plain(email)
    if len(cleaned) > 254 or not _EMAIL.fullmatch(cleaned):
        raise CommerceInvalid("this is not an e-mail address", field=field)
    return cleaned


def checked_address(address: Address) -> Address:
    """Where a parcel can go: a country, a city and a street, each of a sensible length."""
    cleaned = msgspec.structs.replace(address, **{name: plain(getattr(address, name)) for name in Address.__struct_fields__})
    limits = {
        "street": (3, 200),
        "city": (1, 80),
        "region": (0, 80),
        "district": (0, 80),
        "postcode": (0, 16),
        "recipient": (0, 80),
    }
    for name, (least, most) in limits.items():
        if not least <= len(getattr(cleaned, name)) <= most:
            raise CommerceInvalid(f"the {name} has {least} to {most} characters", field=f"address.{name}")
    if not re.fullmatch(r"[A-Z]{2}", cleaned.country):
        raise CommerceInvalid("the country is its two letters", field="address.country")
    if cleaned.phone and not 5 <= len(phone_key(cleaned.phone) or "") <= 15:
        raise CommerceInvalid("this is not a telephone number", field="address.phone")
    return cleaned


def checked_invoice(request: InvoiceRequest) -> InvoiceRequest:
    """An invoice that can be written: a title, where to send it, and for companies the number of their tax office."""
    names = ("title", "tax_number", "registered_address", "registered_phone", "bank", "bank_account")
    cleaned = msgspec.structs.replace(
        request,
        email=checked_email(request.email, "email"),
        **{name: plain(getattr(request, name))[:201] for name in names},
    )
    cleaned = msgspec.structs.replace(cleaned, tax_number=cleaned.tax_number.upper().replace(" ", ""))
    if not 1 <= len(cleaned.title) <= 100:
        raise CommerceInvalid("a title has 1 to 100 characters", field="title")
    _check_tax_number(cleaned)
    needed = ("registered_address", "registered_phone", "bank", "bank_account") if cleaned.kind is InvoiceKind.SPECIAL_VAT else ()
    for name in names:
        if len(getattr(cleaned, name)) > 200 or (name in needed and not getattr(cleaned, name)):
            raise CommerceInvalid(f"{name} is needed, at most 200 characters", field=name)
    return cleaned


def checked_words(text: str, field: str, least: int = 0, most: int = MAX_WORDS) -> str:
    """What somebody wrote, with its lines, without what no one can see."""
    cleaned = "\n".join(plain(line) for line in text[: most * 4].splitlines()).strip()
    if not least <= len(cleaned) <= most:
        raise CommerceInvalid(f"{least} to {most} characters", field=field)
    return cleaned


def checked_booking(booking: Booking) -> Booking:
    """A booking for so many people as a place takes, with what was said of them."""
    if not 1 <= booking.people <= MAX_PEOPLE:
        raise CommerceInvalid(f"1 to {MAX_PEOPLE} people", field="people")
    phone = plain(booking.phone)
    if phone and not 5 <= len(phone_key(phone) or "") <= 15:
        raise CommerceInvalid("this is not a telephone number", field="phone")
    name, note = checked_words(booking.name, "name", most=80), checked_words(booking.note, "note", most=500)
    return msgspec.structs.replace(booking, name=name, phone=phone, note=note)


def _check_tax_number(request: InvoiceRequest) -> None:
    if not request.company:
        if request.kind is InvoiceKind.SPECIAL_VAT:
            raise CommerceInvalid("a special VAT invoice is for companies", field="company")
        if request.tax_number:
            raise CommerceInvalid("a person's invoice has no tax number", field="tax_number")
        return
    number = request.tax_number
    if request.kind is InvoiceKind.VAT:
        # Not every country has such numbers.
        fits = not number or bool(_VAT_NUMBER.fullmatch(number))
    else:
        fits = is_credit_code(number) if len(number) == 18 else bool(_OLD_TAX_NUMBER.fullmatch(number))
    if not fits:
        raise CommerceInvalid("this is not a tax number", field="tax_number")
