"""Whatever a customer says and whatever was found: the bot's decision is whole, its patience ends, and a wish for a person is heard."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.contracts import CandidateView, PastTurn
from qiao.domains.bot.dialogue import (
    UNSURE_IN_A_ROW,
    Said,
    after_search,
    at_sight,
    chosen_option,
    language_of,
    left_unanswered,
    unsure_streak,
)
from qiao.domains.bot.zones import Decision

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80) | st.sampled_from([
    "转人工", "I want a real person", "着火了", "你们就是骗子！！！", "谢谢", "好的", "在吗", "1", "第二个", "都不是", "🙂", "", "怎么退货",
])  # fmt: skip
ZONES = st.sampled_from(["answer", "offer", "hand_over", "small_talk"])


def candidate(number: int, title: str = "") -> CandidateView:
    return CandidateView(
        entry_id=UUID(int=number), kind="faq", title=title or f"问题 {number}", language="zh", score=0.5, lexical=0.5, semantic=None,
        matched="q", url=None,
    )  # fmt: skip


def past(
    zone: str, *, reason: str = "searched", handed_over: bool = False, candidates: tuple[CandidateView, ...] = ()
) -> PastTurn:
    return PastTurn(
        id=UUID(int=1), question_seq=1, question="q", language="zh", zone=zone, reason=reason, handed_over=handed_over,
        candidates=list(candidates),
    )  # fmt: skip


TURNS = st.lists(st.builds(lambda zone, handed: past(zone, handed_over=handed), ZONES, st.booleans()), max_size=8)
CANDIDATES = st.lists(st.integers(1, 9).map(candidate), max_size=3)
DECISIONS = ZONES.filter(lambda zone: zone != "small_talk")


def decision(zone: str) -> Decision:
    return Decision(zone, 0.5, (), "clear")


@given(TEXTS, st.booleans(), TURNS)
def test_what_is_decided_at_sight_is_whole(text: str, has_files: bool, turns: list[PastTurn]):
    act = at_sight(Said(text=text, has_files=has_files, turns=turns))
    if act is not None:
        assert act.zone in {"answer", "hand_over", "small_talk"}
        assert (act.zone == "answer") == (act.entry_id is not None)
        assert act.hand_over is None or act.zone == "hand_over"
        assert act.reason


@pytest.mark.parametrize("text", ["转人工", "人工客服", "我要找真人", "I want to talk to a real person", "human agent please"])
@pytest.mark.parametrize("zone", ["answer", "offer", "hand_over", "small_talk"])
def test_a_wish_for_a_person_is_heard_whatever_came_before(text: str, zone: str):
    turns = (past(zone, candidates=(candidate(1), candidate(2))),)
    act = at_sight(Said(text=text, turns=turns))
    assert act is not None
    assert (act.zone, act.hand_over) == ("hand_over", "asked")


@given(DECISIONS, CANDIDATES, TURNS, st.booleans())
def test_what_is_decided_after_a_search_is_whole(zone: str, found: list[CandidateView], turns: list[PastTurn], eager: bool):
    act = after_search(Said(text="q", turns=turns), decision(zone), found, hand_over_when_unsure=eager)
    ids = {one.entry_id for one in found}
    assert act.zone in {"answer", "offer", "hand_over"}
    assert set(act.options) <= ids
    assert act.entry_id is None or act.entry_id in ids
    assert (act.zone == "offer") == bool(act.options)
    assert act.zone != "answer" or zone == "answer"


@given(DECISIONS, TURNS)
def test_without_anything_found_nothing_is_answered_or_offered(zone: str, turns: list[PastTurn]):
    assert after_search(Said(text="q", turns=turns), decision(zone), [], hand_over_when_unsure=False).zone == "hand_over"


@given(st.lists(DECISIONS.filter(lambda zone: zone != "answer"), min_size=4, max_size=8), CANDIDATES)
def test_patience_ends(zones: list[str], found: list[CandidateView]):
    """Nobody goes on and on with a bot that does not know: within four turns without an answer a person is called."""
    turns: list[PastTurn] = []
    for zone in zones:
        act = after_search(Said(text="q", turns=turns), decision(zone), found, hand_over_when_unsure=False)
        turns.append(past(act.zone, reason=act.reason, handed_over=act.hand_over is not None))
    assert any(turn.handed_over for turn in turns[:4])


@given(DECISIONS.filter(lambda zone: zone == "hand_over"), TURNS)
def test_who_is_told_to_hand_over_at_once_does(zone: str, turns: list[PastTurn]):
    act = after_search(Said(text="q", turns=turns), decision(zone), [], hand_over_when_unsure=True)
    assert act.hand_over == "unsure"


@given(TURNS)
def test_doubts_are_counted_from_the_last_answer(turns: list[PastTurn]):
    streak = unsure_streak(turns)
    assert 0 <= streak <= len(turns)
    assert all(turn.zone in {"hand_over", "offer"} and not turn.handed_over for turn in turns[len(turns) - streak :])
    assert unsure_streak([*turns, past("answer")]) == 0
    assert unsure_streak([*turns, past("offer")]) == streak + 1


def test_one_doubt_is_allowed():
    first = after_search(Said(text="q"), decision("hand_over"), [], hand_over_when_unsure=False)
    assert first.hand_over is None
    doubtful = Said(text="q", turns=[past("hand_over")] * (UNSURE_IN_A_ROW - 1))
    again = after_search(doubtful, decision("hand_over"), [], hand_over_when_unsure=False)
    assert again.hand_over == "unsure"


OFFER = (past("offer", candidates=(candidate(1, "怎么退货？"), candidate(2, "How do I return?"), candidate(3, "运费怎么算"))),)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1), ("一", 1), ("第一个", 1), ("the first one", 1), ("2", 2), ("Second", 2), ("3", 3), ("第三个！", 3),
        ("怎么退货", 1), ("怎么退货?", 1), ("how do i return", 2), ("运费怎么算？", 3),
    ],
)  # fmt: skip
def test_an_option_is_chosen_by_number_or_title(text: str, number: int):
    assert chosen_option(Said(text=text, turns=OFFER)) == UUID(int=number)


@pytest.mark.parametrize("text", ["4", "0", "第四个", "退货", "", "?", "都可以"])
def test_what_chooses_nothing_chooses_nothing(text: str):
    assert chosen_option(Said(text=text, turns=OFFER)) is None


@pytest.mark.parametrize("text", ["1", "怎么退货？"])
def test_without_an_offer_there_is_nothing_to_choose(text: str):
    assert chosen_option(Said(text=text, turns=(past("answer"),))) is None
    assert chosen_option(Said(text=text)) is None


@given(TEXTS, st.uuids())
def test_the_widgets_button_counts_before_all_words(text: str, option: UUID):
    assert chosen_option(Said(text=text, option=option, turns=OFFER)) == option


@given(TEXTS)
def test_an_offer_that_was_passed_over_is_remembered(text: str):
    said = Said(text=text, turns=OFFER)
    act = at_sight(said) or after_search(said, decision("answer"), [candidate(7)], hand_over_when_unsure=False)
    left = left_unanswered(said, act)
    assert (left is None) == (act.reason in {"option", "thanks", "ack", "bye"})


@given(TEXTS, st.sampled_from(["zh", "en", None]))
def test_there_is_always_a_language(text: str, known: str | None):
    language = language_of(text, known)
    assert (len(language), language.isalpha()) == (2, True)


@pytest.mark.parametrize(
    ("text", "known", "language"),
    [
        ("怎么退货", None, "zh"), ("怎么退货", "en", "zh"), ("How do I return this?", "zh", "en"), ("ok", "zh", "zh"), ("hi", "zh", "zh"),
        ("", "en", "en"), ("12345", "en", "en"), ("", None, "zh"),
    ],
)  # fmt: skip
def test_a_few_letters_do_not_change_the_language(text: str, known: str | None, language: str):
    assert language_of(text, known) == language
