"""What is claimed of a contact is cleaned by rules that hold for any text."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactChanges, ContactFields
from qiao.domains.contacts.errors import ContactInvalid
from qiao.domains.contacts.rules import MAX_ATTRIBUTES, MAX_FIELD, clean_fields, search_text

TEXTS = ["name", "phone", "locale", "city", "country", "tier"]
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x00 \t\n桥"), max_size=MAX_FIELD)
ADDRESS = st.from_regex(r"[a-z0-9.+_-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,10}", fullmatch=True)


@given(st.sampled_from(TEXTS), ANY_TEXT)
def test_a_text_is_kept_without_edges_and_nul_or_is_nothing(name, text):
    kept = clean_fields({name: text})[name]
    assert kept == (text.replace("\x00", "").strip() or None)
    assert clean_fields({name: kept}) == {name: kept}


@given(st.dictionaries(st.sampled_from(TEXTS), st.none() | ANY_TEXT))
def test_fields_are_cleaned_each_alone(fields):
    assert clean_fields(fields) == {name: clean_fields({name: text})[name] for name, text in fields.items()}


@pytest.mark.parametrize("name", [*TEXTS, "email"])
@pytest.mark.parametrize("edge", ["", " ", "\x00", "\n\t"])
def test_the_bound_counts_what_is_kept(name, edge):
    longest = {"email": "a" * 20 + "@" + "b" * 170 + ".example"}.get(name, "x" * MAX_FIELD)
    assert clean_fields({name: edge + longest + edge})[name] == longest
    with pytest.raises(ContactInvalid) as refused:
        clean_fields({name: "x" * (MAX_FIELD + 1)})
    assert refused.value.details == {"field": name}


@given(ADDRESS, st.sampled_from(["", " ", "\x00", "\t"]))
def test_plain_addresses_are_taken_as_they_are(email, edge):
    assert clean_fields({"email": edge + email + edge}) == {"email": email}


@given(ADDRESS, st.sampled_from(' <>",;:@\n\r\t'), st.integers(1, 60))
def test_no_address_holds_what_could_begin_another_header_or_address(email, mark, place):
    broken = email[:place] + mark + email[place:] + "x"
    outcomes = []
    try:
        outcomes.append(clean_fields({"email": broken})["email"])
    except ContactInvalid as refused:
        outcomes.append(refused.details["field"])
    assert outcomes == ["email"]


@pytest.mark.parametrize("email", ["", " ", "\x00", None])
def test_an_empty_address_is_none(email):
    assert clean_fields({"email": email}) == {"email": None}


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [(5, "5"), (True, "True"), (1.5, "1.5"), (["a"], "['a']"), ({"a": 1}, "{'a': 1}"), ("a\ud800b", "ab"), ("\udfff", None)],
)
def test_a_company_may_sign_anything_and_it_is_text_that_can_be_stored(given_value, kept):
    assert clean_fields({"name": given_value}) == {"name": kept}


@given(st.dictionaries(st.text(max_size=90), st.text(max_size=300), max_size=MAX_ATTRIBUTES))
def test_attributes_are_cut_to_their_bounds_and_not_again(pairs):
    kept = clean_fields({"attributes": pairs})["attributes"]
    assert all(len(key) <= 60 and len(text) <= MAX_FIELD for key, text in kept.items())
    assert set(kept) == {key.replace("\x00", "")[:60] for key in pairs}
    assert clean_fields({"attributes": kept}) == {"attributes": kept}


@pytest.mark.parametrize("value", [None, [], "text", 5, {}])
def test_attributes_that_are_none_are_empty(value):
    assert clean_fields({"attributes": value}) == {"attributes": {}}


def test_attributes_of_broken_text_are_made_storable():
    kept = clean_fields({"attributes": {"a\ud800": "b\udfff", 1: 2}})["attributes"]
    assert kept == {"a": "b", "1": "2"}
    assert msgspec.json.decode(msgspec.json.encode(kept)) == kept


def test_one_attribute_too_many_is_refused():
    assert len(clean_fields({"attributes": {str(n): "" for n in range(MAX_ATTRIBUTES)}})["attributes"]) == MAX_ATTRIBUTES
    with pytest.raises(ContactInvalid) as refused:
        clean_fields({"attributes": {str(n): "" for n in range(MAX_ATTRIBUTES + 1)}})
    assert refused.value.details == {"field": "attributes"}


@given(st.builds(ContactFields, name=ANY_TEXT, phone=ANY_TEXT, email=st.none() | ADDRESS, city=st.none() | ANY_TEXT))
def test_cleaning_twice_is_cleaning_once(fields):
    once = Contacts.clean(fields)
    assert Contacts.clean(once) == once


@given(name=st.text(max_size=40), email=ADDRESS, phone=st.text(alphabet="+-() 0123456789", max_size=30))
def test_a_contact_is_found_by_any_part_of_what_is_searched(name, email, phone):
    text = search_text({"name": name, "email": email, "phone": phone, "external_id": "U-7"})
    digits = "".join(mark for mark in phone if mark.isdigit())
    assert all(part.lower() in text for part in (email, phone, digits, "U-7"))
    assert text == text.lower()


@given(st.dictionaries(st.sampled_from(["city", "tier", "country", "attributes", "locale"]), st.text(max_size=9)))
def test_a_search_looks_nowhere_else(fields):
    assert search_text(fields) == ""


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (ContactFields, b'{"identified": true}'), (ContactFields, b'{"external_id": "u-1"}'), (ContactFields, b'{"name": 5}'),
        (ContactFields, b'{"attributes": {"a": 5}}'), (ContactFields, b'{"name": "\\ud800"}'), (ContactChanges, b'{"tier": "gold"}'),
        (ContactChanges, b'{"merged_into": null}'), (ContactChanges, b'{"attributes": null}'), (ContactChanges, b'{"search": ""}'),
    ],
)  # fmt: skip
def test_bodies_that_claim_more_than_they_may_are_not_read(kind, body):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(body, type=kind)
