"""What people give is understood as it was meant, or its field is named; the record of calls holds no more than it may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from qiao.domains.commerce.checks import (
    checked_address,
    checked_booking,
    checked_email,
    checked_invoice,
    checked_key,
    checked_proof,
    checked_words,
    email_key,
    number_key,
    phone_key,
    plain,
    proves,
)
from qiao.domains.commerce.masking import masked
from qiao.ports.commerce import CommerceInvalid, Proof
from qiao.ports.commerce_orders import Address, Money
from qiao.ports.commerce_wishes import AddressChange, Booking, Complaint, ComplaintTopic, InvoiceKind, InvoiceRequest

HOME = Address(country="CN", city="杭州", street="竹溪路 88 号")
PRIVATE = "private-7c1f"
anything = st.text(max_size=120)


def invoice(**changes) -> InvoiceRequest:
    made = InvoiceRequest(order="LT1", kind=InvoiceKind.ORDINARY, title="林语桐", email="lin@example.com", key="k" * 8)
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("LT20261120-0001", "LT202611200001"),
        (" lt20261120 0001 ", "LT202611200001"),
        ("ＬＴ２０２６１１２０－０００１", "LT202611200001"),
        ("订单", ""),
        ("x" * 61, ""),
        ("", ""),
    ],
)
def test_a_number_is_looked_for_by_its_letters_and_digits(typed, key):
    assert number_key(typed) == key


@given(anything)
def test_a_number_never_holds_anything_a_query_could_trip_over(typed):
    key = number_key(typed)
    assert key == "" or (key.isascii() and key.isalnum())
    assert number_key(key) == key


@pytest.mark.parametrize(
    ("typed", "digits"), [("+86 199-0000-0001", "8619900000001"), ("１３８００", "13800"), ("(none)", None), (None, None)]
)
def test_a_phone_is_compared_by_its_digits(typed, digits):
    assert phone_key(typed) == digits


def test_an_e_mail_is_compared_without_its_capitals():
    assert email_key(" Lin@Example.COM ") == "lin@example.com"
    assert (email_key(""), email_key(None)) == (None, None)


@pytest.mark.parametrize(
    ("proof", "email", "phone", "fits"),
    [
        (Proof(phone_last4="0001"), None, "8619900000001", True),
        (Proof(phone_last4="0002"), None, "8619900000001", False),
        (Proof(phone_last4="0001"), None, "0001", False),
        (Proof(phone_last4="0001"), "a@b.example", None, False),
        (Proof(email="A@b.example"), "a@b.example", None, True),
        (Proof(email="a@b.example"), None, "8619900000001", False),
        (Proof(email="x@b.example"), "a@b.example", None, False),
    ],
)
def test_a_proof_fits_what_stands_on_the_order(proof, email, phone, fits):
    assert proves(proof, email, phone) is fits


@given(st.one_of(st.none(), anything), st.one_of(st.none(), anything))
def test_a_proof_is_one_of_two_and_well_formed(last4, email):
    try:
        checked = checked_proof(Proof(phone_last4=last4, email=email))
    except CommerceInvalid as invalid:
        assert str(invalid.details["field"]).startswith("proof")
    else:
        assert (checked.phone_last4 is None) != (checked.email is None)


@pytest.mark.parametrize("email", ["lin@example.com", "a.b+c@shop.example.co.uk", "林@例子.中国"])
def test_addresses_that_mail_can_be_sent_to(email):
    assert checked_email(email, "email") == email


@pytest.mark.parametrize(
    "email",
    ["", "lin", "lin@", "@x.example", "a b@x.example", "a@b", "a@b.example\r\nBcc: c@d.example", "<a@b.example>", "a@b.1"],
)
def test_addresses_that_it_cannot(email):
    with pytest.raises(CommerceInvalid):
        checked_email(email, "email")


@given(anything)
def test_one_line_stays_one_line(text):
    cleaned = plain(text)
    assert "\n" not in cleaned
    assert "\x00" not in cleaned
    assert cleaned == cleaned.strip()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"street": ""}, "address.street"),
        ({"street": "x" * 201}, "address.street"),
        ({"city": ""}, "address.city"),
        ({"country": "China"}, "address.country"),
        ({"country": "cn"}, "address.country"),
        ({"phone": "12"}, "address.phone"),
        ({"phone": "1" * 16}, "address.phone"),
        ({"recipient": "x" * 81}, "address.recipient"),
        ({"postcode": "1" * 17}, "address.postcode"),
    ],
)
def test_an_address_names_what_is_wrong_with_it(changes, field):
    with pytest.raises(CommerceInvalid) as invalid:
        checked_address(replace(HOME, **changes))
    assert invalid.value.details["field"] == field


def test_an_address_is_stored_without_what_nobody_can_see():
    assert checked_address(replace(HOME, street="竹溪路\u200b 88\n号", recipient="林\x00语桐")).street == "竹溪路 88 号"


@pytest.mark.parametrize(
    "request_",
    [
        invoice(),
        invoice(company=True, title="公司", tax_number="91350100M000100Y43"),
        invoice(company=True, title="公司", tax_number=" 9135 0100m000100y43"),
        invoice(company=True, title="旧号公司", tax_number="330106123456789"),
        invoice(kind=InvoiceKind.VAT, company=True, title="Tea GmbH", tax_number="DE123456789"),
        invoice(kind=InvoiceKind.VAT, company=True, title="Tea Inc"),
    ],
)
def test_invoices_that_can_be_written(request_):
    assert checked_invoice(request_).title == request_.title


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax_number": "91350100M000100Y43"}, "tax_number"),
        ({"company": True}, "tax_number"),
        ({"company": True, "tax_number": "12345"}, "tax_number"),
        ({"kind": InvoiceKind.VAT, "company": True, "tax_number": "?"}, "tax_number"),
        ({"title": "x" * 101}, "title"),
        ({"bank": "x" * 300}, "bank"),
    ],
)
def test_invoices_that_cannot(changes, field):
    with pytest.raises(CommerceInvalid) as invalid:
        checked_invoice(invoice(**changes))
    assert invalid.value.details["field"] == field


@given(st.text(max_size=300))
def test_words_keep_their_lines_and_their_bound(text):
    try:
        cleaned = checked_words(text, "text", most=200)
    except CommerceInvalid as invalid:
        assert invalid.details["field"] == "text"
    else:
        assert len(cleaned) <= 200


def test_words_of_any_length_are_refused_soon():
    with pytest.raises(CommerceInvalid):
        checked_words("x" * 5_000_000, "text")


@pytest.mark.parametrize("key", ["k" * 8, "turn-7.1:return_x", "k" * 80])
def test_a_key_is_taken_as_it_is(key):
    assert checked_key(key) == key


def test_a_booking_keeps_what_was_said_of_it():
    booking = checked_booking(Booking(slot="s", key="k" * 8, people=2, name=" 林 ", phone="１３８００００００００", note="靠窗"))
    assert (booking.name, booking.phone, booking.note) == ("林", "13800000000", "靠窗")
    with pytest.raises(CommerceInvalid):
        checked_booking(Booking(slot="s", key="k" * 8, phone="0"))


def test_the_record_covers_what_is_personal():
    change = AddressChange(
        order="LT1", address=replace(HOME, street=PRIVATE, recipient=PRIVATE, phone="19900000001"), key="k" * 8
    )
    asked = invoice(company=True, title=PRIVATE, tax_number=PRIVATE, email=f"{PRIVATE}@example.com", bank_account=PRIVATE)
    words = Complaint(order="LT1", topic=ComplaintTopic.OTHER, text=PRIVATE, wish=PRIVATE, key="k" * 8)
    booking = Booking(slot="s", key="k" * 8, name=PRIVATE, phone="13812345678", note=PRIVATE)
    kept = [
        masked(one) for one in (change, asked, words, booking, Proof(phone_last4="0001"), Proof(email=f"{PRIVATE}@x.example"))
    ]
    assert PRIVATE not in str(kept)
    assert "0001" not in str(kept)
    assert "1234567" not in str(kept)
    assert kept[0]["order"] == "LT1"
    assert kept[0]["address"]["city"] == "杭州"
    assert kept[1]["email"] == "p•••@example.com"
    assert kept[3]["phone"] == "•••78"


@given(st.dictionaries(st.text(max_size=20), st.text(min_size=12, max_size=40), max_size=5))
def test_a_field_that_nobody_thought_of_is_covered(fields):
    complaint = Complaint(order="LT1", topic=ComplaintTopic.OTHER, text=str(fields) + "x", key="k" * 8)
    assert masked(complaint)["text"].startswith("•••")


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(12_800, "CNY"), "¥128.00"),
        (Money(3_900, "USD"), "US$39.00"),
        (Money(-50, "EUR"), "-€0.50"),
        (Money(1_200, "JPY"), "JP¥1,200"),
        (Money(1_234_567, "KWD"), "KWD 1,234.567"),
        (Money(1_250, "SEK"), "SEK 12.50"),
    ],
)
def test_money_is_shown_by_its_currency(money, shown):
    assert money.shown() == shown
