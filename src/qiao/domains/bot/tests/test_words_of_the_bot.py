"""What the bot puts into words: replies that fit their zone, and a hand-over note that tells what is there and nothing twice."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.composing import MAX_ANSWER, Around, content_of, text_of
from qiao.domains.bot.contracts import CandidateView
from qiao.domains.bot.dialogue import Act
from qiao.domains.bot.summary import MAX_ENTITIES, Summary, entities_in, without_entities
from qiao.domains.bot.words import DEFAULTS, in_language, join, say
from qiao.domains.knowledge.contracts import PublishedEntry

ENTRY = PublishedEntry(
    id=UUID(int=1), kind="faq", language="zh", title="怎么退货？", texts=("怎么退货？",), answer="七天内可退。", url="/help/tea/zh/faq/x",
    version=1, updated_at=datetime(2026, 11, 22, tzinfo=UTC),
)  # fmt: skip
TURN = UUID(int=9)
LANGUAGES = st.sampled_from(["zh", "en", "ja", "fr"])


def view(number: int) -> CandidateView:
    return CandidateView(
        entry_id=UUID(int=number), kind="faq", title=f"问题 {number}", language="zh", score=0.5, lexical=0.5, semantic=None, matched="q",
        url=None,
    )  # fmt: skip


def around(language: str = "zh", **fields: object) -> Around:
    return Around(language=language, settings=DEFAULTS, **fields)


def entry(**fields: object) -> PublishedEntry:
    return PublishedEntry(**{name: getattr(ENTRY, name) for name in ENTRY.__struct_fields__} | fields)


ANSWER = Act(zone="answer", reason="clear", entry_id=ENTRY.id)


@given(LANGUAGES, st.text(min_size=1, max_size=60))
def test_an_answer_in_another_language_says_so_once(language: str, answer: str):
    text = text_of(ANSWER, around(language, entry=entry(answer=answer)))
    assert text.startswith(answer)
    assert text.endswith(("", say("other_language", language))[language != "zh"])
    assert text.count(say("other_language", "en")) == (language != "zh")


@pytest.mark.parametrize("length", [MAX_ANSWER - 1, MAX_ANSWER, MAX_ANSWER + 1, 50_000])
def test_an_answer_has_an_end(length: int):
    assert len(text_of(ANSWER, around(entry=entry(answer="茶" * length)))) == min(length, MAX_ANSWER)


@pytest.mark.parametrize(
    ("matched", "text"),
    [
        ("盖碗\n清洗\n用清水。\n不用洗洁精。", "要点。\n\n> 用清水。\n> 不用洗洁精。"),
        ("盖碗\n用清水。", "要点。\n\n> 用清水。"),
        ("盖碗", "要点。"),
        ("", "要点。"),
        ("另一篇\n清洗\n用清水。", "要点。"),
        ("盖碗\n清洗\n要点。", "要点。"),
    ],
)
def test_an_article_quotes_the_passage_that_matched(matched: str, text: str):
    found = CandidateView(
        entry_id=ENTRY.id,
        kind="article",
        title="盖碗",
        language="zh",
        score=1,
        lexical=1,
        semantic=None,
        matched=matched,
        url=None,
    )
    article = entry(kind="article", title="盖碗", answer="要点。")
    assert text_of(ANSWER, around(entry=article, candidates=[found])) == text


@given(st.lists(st.integers(1, 9), unique=True, max_size=6), st.lists(st.integers(1, 9), unique=True, max_size=3), LANGUAGES)
def test_only_what_is_offered_is_an_option(found: list[int], offered: list[int], language: str):
    act = Act(zone="offer", reason="close_call", options=tuple(UUID(int=number) for number in offered), say="offer")
    content = content_of(act, around(language, candidates=[view(number) for number in found]), TURN, disclosure=False)
    assert [option["entry_id"] for option in content["options"]] == [
        str(UUID(int=number)) for number in found if number in offered
    ]
    assert len(content["options"]) <= 3
    assert say("offer_else", language) in text_of(act, around(language))


@pytest.mark.parametrize("reason", ["asked", "unsure", "angry", "emergency", "agents_only"])
@pytest.mark.parametrize("duty", ["here", "closed", "nobody"])
@pytest.mark.parametrize("language", ["zh", "en", "ko"])
def test_a_hand_over_says_who_comes_in_every_language(reason: str, duty: str, language: str):
    act = Act(zone="hand_over", reason=reason, hand_over=reason)
    text = text_of(act, around(language, duty=duty))
    comes = {
        "here": in_language(DEFAULTS.hand_over_text, language),
        "closed": in_language(DEFAULTS.off_hours_text, language),
        "nobody": say("nobody", language),
    }
    content = content_of(act, around(language, duty=duty), TURN, disclosure=True)
    assert text == comes[duty]
    assert content == {
        "type": "hand_over",
        "reason": {"here": reason}.get(duty, "off_hours"),
        "turn_id": str(TURN),
        "disclosure": True,
    }


def test_an_answer_without_its_entry_quotes_nothing():
    assert text_of(ANSWER, around()) == ""
    assert content_of(ANSWER, around(), TURN, disclosure=False)["type"] == "small_talk"


@given(st.dictionaries(st.sampled_from(["zh", "en"]), st.text(max_size=9)), st.none() | LANGUAGES)
def test_a_text_of_an_editor_falls_back_to_the_other_language(text: dict[str, str], language: str | None):
    shown = in_language(text, language)
    assert shown in {*text.values(), ""}
    assert bool(shown) or all(not one for one in text.values()) or language is not None


@given(st.lists(st.text("ab茶", max_size=5), max_size=5))
def test_sentences_are_joined_as_their_language_does(parts: list[str]):
    assert join(parts, "zh") == "".join(parts)
    assert join(parts, "en").split(" ") == [part for part in parts if part] or not any(parts)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("订单号：LT20261122001", {"订单号": "LT20261122001"}),
        ("order no. AB-12345 please", {"订单号": "AB-12345"}),
        ("单号是SF1234567890123", {"订单号": "SF1234567890123"}),
        ("快递单号SF1234567890123", {"订单号": "SF1234567890123"}),
        ("order number is IS-12345", {"订单号": "IS-12345"}),
        ("#20261 怎么还没到", {"订单号": "20261"}),
        ("我的手机是 13812345678", {"电话": "13812345678"}),
        ("call +86 13812345678", {"电话": "+86 13812345678"}),
        ("a.b+c@mail.example.cn", {"邮箱": "a.b+c@mail.example.cn"}),
        ("3月5号买的，2026-11-22 到", {"日期": "3月5号、2026-11-22"}),
        ("bought on Nov 3rd", {"日期": "Nov 3rd"}),
        ("运费 12 元，买 3 个", {}),
        ("", {}),
    ],
)
def test_what_a_customer_names_is_found(text: str, found: dict[str, str]):
    assert entities_in([text], "zh") == found


@given(st.lists(st.text(max_size=120), max_size=5), LANGUAGES)
def test_entities_come_from_what_was_written_and_are_few(texts: list[str], language: str):
    separator = "、" if language == "zh" else ", "
    written = "\n".join(texts)
    named = [one for values in entities_in(texts, language).values() for one in values.split(separator)]
    assert len(named) <= 4 * MAX_ENTITIES
    assert all(one in written for one in named)


@given(st.integers(10**9, 10**10 - 1).map(lambda number: f"1{number}"[:11]), st.sampled_from(["怎么退货", "where is my order"]))
def test_a_number_is_not_part_of_the_question(number: str, question: str):
    rest = without_entities(f"{question} 13{number[2:]}")
    assert " ".join(rest.split()) == question
    assert number[2:] not in rest


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("我的订单 LT20261122001 到哪了", "我的 订单 到哪了"),
        ("where is my order 20261122?", "where is my order ?"),
        ("订单号：LT20261122001 怎么退货", "怎么退货"),
        ("order number is AB-12345, how do I return it", ", how do I return it"),
        ("SF1234567890123 签收了吗", "签收了吗"),
    ],
)
def test_the_thing_stays_in_the_question_and_its_number_goes(text: str, searched: str):
    assert " ".join(without_entities(text).split()) == searched


@given(st.text(max_size=200))
def test_a_question_is_never_emptied(text: str):
    assert without_entities(text).strip() or not text.strip()


@given(
    st.lists(st.text("茶a ", min_size=1, max_size=9), max_size=3),
    st.dictionaries(st.sampled_from(["电话", "邮箱"]), st.text("1a", max_size=5)),
)
def test_a_note_has_a_line_for_each_thing_known(tried: list[str], entities: dict[str, str]):
    note = Summary(who="林语桐", wants="退货", tried=tried, entities=entities, language="zh", question_count=2)
    lines = note.text().split("\n")
    assert lines[:2] == ["客户：林语桐", "诉求：退货"]
    assert len(lines) == 2 + bool(tried) + len(entities)
    assert note.content()["tried"] == tried
