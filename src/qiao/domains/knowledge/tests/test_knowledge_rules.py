"""The pure decisions about knowledge: when two questions are one, what an address may be, what fits, what is shown of a text."""

from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.knowledge.errors import KnowledgeInvalid
from qiao.domains.knowledge.rules import (
    article_url,
    checked_slug,
    cleaned,
    cleaned_localised,
    cleaned_variants,
    excerpt,
    faq_url,
    own_picture,
    own_slug,
    question_key,
    slug_of_words,
    wanted_terms,
)

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300)
HAN = "青瓷茶器退货邮费发票怎么办理可以吗多少"
MIXED = st.text(alphabet=HAN + "abc XYZ 123 ,.?!，。？", max_size=200)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("怎么退货？", "怎么退货"),
        ("怎么退货?", " 怎么退货！ "),
        ("如何退貨", "如何退货"),
        ("How to return?", "how to  RETURN"),
        ("ＡＢＣ", "abc"),
        ("postage…", "postage"),
    ],
)
def test_two_ways_to_write_a_question_are_one(one: str, other: str):
    assert question_key(one) == question_key(other)


@pytest.mark.parametrize(("one", "other"), [("怎么退货", "怎么换货"), ("return", "returns 2"), ("a-b", "a b")])
def test_two_questions_stay_two(one: str, other: str):
    assert question_key(one) != question_key(other)


@given(TEXT | MIXED)
def test_a_key_fits_into_an_index_and_is_stable(question: str):
    key = question_key(question)
    assert len(key.encode()) <= 600
    assert question_key(question) == key
    assert key or not question


def test_of_two_long_questions_the_end_counts():
    assert question_key("长" * 5_000 + "甲") != question_key("长" * 5_000 + "乙")


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("How to return", "how-to-return"),
        ("  Tea & Ware: 2026!  ", "tea-ware-2026"),
        ("Crème brûlée", "creme-brulee"),
        ("怎么退货", ""),
        ("Return 退货", ""),
        ("", ""),
        ("!!!", ""),
    ],
)
def test_words_become_an_address(text: str, slug: str):
    assert slug_of_words(text) == slug


@given(TEXT | MIXED)
def test_what_is_made_of_words_is_an_address_that_may_be_asked_for(text: str):
    slug = slug_of_words(text)
    assert len(slug) <= 60
    assert not slug or checked_slug(slug) == slug


@given(st.uuids())
def test_what_has_no_words_has_an_address_of_its_own(thing_id: UUID):
    slug = own_slug("faq", thing_id)
    assert checked_slug(slug) == slug
    assert slug.endswith(thing_id.hex[-8:])


@pytest.mark.parametrize("slug", ["return", "a", "A-B", " tea_2 ", "茶-器", "v1.2", "x" * 100])
def test_what_may_be_an_address(slug: str):
    assert checked_slug(slug) == slug.strip().lower()


@pytest.mark.parametrize(
    "slug", ["", " ", "a/b", "a b", "-a", "a-", "a--b", "..", "a..b", "x" * 101, "a\x00", "<b>", "a?b", "%2f", "a\nb"]
)
def test_what_may_not_be_an_address(slug: str):
    with pytest.raises(KnowledgeInvalid) as refused:
        checked_slug(slug)
    assert refused.value.details == {"field": "slug"}


@given(TEXT)
def test_a_cleaned_text_is_within_its_bound(text: str):
    kept = cleaned("body", text, limit=2_000, required=False)
    assert "\x00" not in kept
    assert kept == kept.strip()
    assert cleaned("body", kept, limit=2_000, required=False) == kept


@pytest.mark.parametrize("text", ["", "  ", "\x00", "\n\x00\n"])
def test_nothing_is_not_enough_where_something_is_needed(text: str):
    with pytest.raises(KnowledgeInvalid) as refused:
        cleaned("question", text)
    assert refused.value.details == {"field": "question"}
    assert cleaned("question", text, required=False) == ""


@pytest.mark.parametrize(("text", "limit"), [("abcd", 3), ("长", 2), ("👩", 3)])
def test_a_bound_is_counted_in_bytes(text: str, limit: int):
    with pytest.raises(KnowledgeInvalid) as refused:
        cleaned("body", text, limit=limit)
    assert refused.value.details == {"field": "body", "limit": limit}
    assert cleaned("body", text, limit=4) == text


def test_texts_by_language_lose_the_empty_ones():
    assert cleaned_localised("body", {"zh": " 您好 ", "en": " "}, limit=100) == {"zh": "您好"}


@pytest.mark.parametrize("texts", [{}, {"zh": ""}, {"en": "\x00"}])
def test_one_language_at_least_is_needed(texts: dict[str, str]):
    with pytest.raises(KnowledgeInvalid):
        cleaned_localised("body", texts, limit=100)
    assert cleaned_localised("body", texts, limit=100, required=False) == {}


def test_a_language_nobody_reads_is_refused():
    with pytest.raises(KnowledgeInvalid):
        cleaned_localised("body", {"fr": "Bonjour"}, limit=100)


@given(TEXT | MIXED, st.lists(TEXT | MIXED, max_size=12))
def test_variants_differ_from_each_other_and_from_the_question(question: str, variants: list[str]):
    kept = cleaned_variants(question, variants)
    keys = [question_key(one) for one in kept]
    assert len(set(keys)) == len(keys)
    assert question_key(question) not in keys
    assert all(one == " ".join(one.split()) and one for one in kept)
    assert cleaned_variants(question, kept) == kept


def test_of_variants_that_are_one_the_first_way_to_write_it_stays():
    assert cleaned_variants("怎么退货？", ["退货流程", "退货流程？", "怎么退货", " 可以  退吗 "]) == ["退货流程", "可以 退吗"]


@given(TEXT | MIXED, MIXED)
def test_an_excerpt_is_short_and_of_the_text(plain: str, query: str):
    shown = excerpt(plain, query)
    assert len(shown) <= 162
    assert shown.strip("…").strip() in " ".join(plain.split())


@pytest.mark.parametrize(("query", "word"), [("运费", "运费"), ("postage", "Postage"), ("包邮 运费", "运费")])
def test_an_excerpt_shows_what_was_looked_for(query: str, word: str):
    plain = "长" * 400 + f" {word} " + "短" * 400
    shown = excerpt(plain, query)
    assert word in shown
    assert shown.startswith("…")
    assert shown.endswith("…")


def test_a_short_text_is_shown_whole():
    assert excerpt("  两行\n文字  ", "没有") == "两行 文字"


@given(TEXT | MIXED)
def test_what_is_looked_for_is_in_the_query_longest_first(query: str):
    terms = wanted_terms(query)
    assert len(terms) <= 24
    assert [len(term) for term in terms] == sorted((len(term) for term in terms), reverse=True)
    assert all(term in query.lower() for term in terms)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_an_address_carries_any_slug_whole(slug: str):
    for url in (article_url("tea", "zh", slug), faq_url("tea", "zh", slug)):
        assert " " not in url
        assert "?" not in url
        assert "#" not in url
        assert unquote(url).endswith(slug)


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/files/abc", "/files/abc"),
        ("https://evil.example/a.png", None),
        ("//evil.example/a.png", None),
        ("data:image/png;base64,AAAA", None),
        ("javascript:alert(1)", None),
        ("files/abc", None),
        ("", None),
    ],
)
def test_pages_load_only_our_own_pictures(address: str, own: str | None):
    assert own_picture(address) == own
