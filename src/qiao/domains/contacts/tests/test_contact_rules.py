"""What is claimed of a contact is trimmed, bounded and searchable, never believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.contacts.errors import ContactInvalid
from qiao.domains.contacts.rules import MAX_ATTRIBUTES, MAX_FIELD, clean_fields, search_text


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("name", "  林语桐 ", "林语桐"), ("name", "", None), ("name", "   ", None), ("name", None, None), ("name", "a\x00b", "ab"),
        ("email", " lin@example.com ", "lin@example.com"), ("email", "", None),
        ("email", "o'neil+tea@sub.example.co.uk", "o'neil+tea@sub.example.co.uk"),
        ("phone", "+86 138-0013-8000", "+86 138-0013-8000"), ("city", "x" * MAX_FIELD, "x" * MAX_FIELD), ("tier", 3, "3"),
    ],
)  # fmt: skip
def test_a_field_is_kept_clean(field, given, kept):
    assert clean_fields({field: given}) == {field: kept}


@pytest.mark.parametrize(
    "email",
    [
        "lin",
        "@example.com",
        "lin@",
        "lin@example",
        "a b@example.com",
        "lin@exa mple.com",
        "a@b@c.com",
        "<lin@example.com>",
        "a@b.c",
        "a@b.com\nbcc:x@y.zz",
    ],
)
def test_what_is_no_address_is_refused(email):
    with pytest.raises(ContactInvalid) as refused:
        clean_fields({"email": email})
    assert refused.value.details == {"field": "email"}


def test_what_is_too_long_is_refused_by_name():
    with pytest.raises(ContactInvalid) as refused:
        clean_fields({"city": "x" * (MAX_FIELD + 1)})
    assert refused.value.details == {"field": "city"}


def test_attributes_are_texts_within_bounds():
    assert clean_fields({"attributes": {"vip": 1, "k" * 100: "v" * 500}})["attributes"] == {"vip": "1", "k" * 60: "v" * MAX_FIELD}
    assert clean_fields({"attributes": "nonsense"})["attributes"] == {}
    with pytest.raises(ContactInvalid):
        clean_fields({"attributes": {str(n): "x" for n in range(MAX_ATTRIBUTES + 1)}})


def test_a_search_looks_into_name_address_phone_and_outside_id():
    text = search_text(
        {"name": "Lin Yutong", "email": "Lin@Example.com", "phone": "+86 138-0013", "external_id": "U-1", "city": "Hangzhou"}
    )
    assert text == "lin yutong lin@example.com +86 138-0013 861380013 u-1"


@given(st.dictionaries(st.sampled_from(["name", "email", "phone", "external_id"]), st.none() | st.text(max_size=900)))
def test_what_is_searched_is_bounded_and_lower(fields):
    text = search_text(fields)
    assert len(text) <= 600
    assert text == text.lower()[:600]
