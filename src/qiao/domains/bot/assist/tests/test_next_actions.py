"""What to do next, the mood, the question that is open: pure rules."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.assist.contracts import Facts
from qiao.domains.bot.assist.looking_back import open_question, orders_in
from qiao.domains.bot.assist.next_actions import MOST, asked_twice, mood_of, next_actions
from qiao.domains.bot.assist.promise_contracts import Promise
from qiao.domains.bot.assist.snippet_choice import fitting
from qiao.domains.conversations.contracts import Author, AuthorKind, Message, MessageKind
from qiao.domains.knowledge.contracts import Snippet

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS = st.text(max_size=60)


def facts(**changes: Any) -> Facts:
    plain: dict[str, Any] = {
        "status": "open",
        "has_assignee": True,
        "waiting_seconds": 10,
        "asked": ("怎么退货？",),
        "unanswered": True,
        "orders": (),
        "customer_language": "zh",
        "reply_language": "zh",
        "sureness": None,
        "now": NOW,
    }
    return Facts(**(plain | changes))


def promise(**changes: Any) -> Promise:
    plain: dict[str, Any] = {
        "id": uuid4(),
        "conversation_id": uuid4(),
        "kind": "call_back",
        "state": "open",
        "email": None,
        "phone": "13812345678",
        "starts_at": NOW,
        "due_at": NOW + timedelta(hours=2),
        "language": "zh",
        "made_at": NOW - timedelta(days=1),
        "settled_at": None,
        "settled_by": None,
    }
    return Promise(**(plain | changes))


def said(seq: int, who: AuthorKind, text: str) -> Message:
    return Message(
        id=uuid4(),
        conversation_id=UUID(int=1),
        seq=seq,
        author=Author(who),
        kind=MessageKind.TEXT,
        text=text,
        attachments=[],
        content=None,
        client_id=str(seq),
        created_at=NOW,
    )


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(one.code, one.reason) for one in next_actions(facts(**changes))]


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"waiting_seconds": 300}, ("answer", "waits_long")),
        ({"status": "waiting", "has_assignee": False}, ("take", "nobody_has_it")),
        ({"asked": ("有人受伤了，快打120救命",)}, ("emergency", "danger")),
        ({"asked": ("你们太过分了，我要投诉",)}, ("calm_down", "anger")),
        ({"asked": ("怎么退货？", "嗯", "怎么退货")}, ("answer_again", "asked_twice")),
        ({"orders": ("A1", "SO2026")}, ("show_order", "order_named")),
        ({"asked": ("我的快递到哪了",)}, ("ask_order", "order_missing")),
        ({"reply_language": "en"}, ("mind_language", "other_language")),
        ({"asked": ("谢谢",), "unanswered": False}, ("resolve", "took_leave")),
        ({"status": "waiting", "sureness": "sure"}, ("give_back", "bot_knows")),
        ({"promises": (promise(),)}, ("call_back", "call_due")),
        ({"promises": (promise(state="broken"),)}, ("call_back", "call_overdue")),
        ({"promises": (promise(kind="message", email="a@b.co"),)}, ("keep_message", "message_due")),
    ],
)
def test_each_action_has_its_reason(changes, action):
    assert action in codes(**changes)


def test_what_is_done_or_far_away_presses_nobody():
    kept = promise(state="kept", settled_at=NOW)
    tomorrow = promise(starts_at=NOW + timedelta(days=1), due_at=NOW + timedelta(days=1, hours=2))
    assert codes(promises=(kept, tomorrow)) == []


def test_a_resolved_conversation_still_has_its_promises_and_nothing_else():
    assert codes(status="resolved", promises=(promise(),), waiting_seconds=900) == [("call_back", "call_due")]


@given(
    st.lists(WORDS, max_size=8),
    st.sampled_from(["open", "waiting", "bot", "snoozed", "resolved"]),
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 10**6)),
    st.booleans(),
)
def test_any_facts_give_few_actions_each_once(asked, status, assigned, waited, unanswered):
    some = facts(asked=tuple(asked), status=status, has_assignee=assigned, waiting_seconds=waited, unanswered=unanswered)
    actions = next_actions(some)
    assert len(actions) <= MOST
    assert len({one.code for one in actions}) == len(actions)
    assert actions == next_actions(some)


@given(st.lists(WORDS, max_size=8))
def test_any_words_have_a_mood(texts):
    assert mood_of(texts) in {"emergency", "angry", "pleased", "calm"}
    assert asked_twice(texts) in {True, False}


def test_kind_words_after_anger_are_heard():
    assert mood_of(["你们太过分了，我要投诉", "好的，谢谢，满意"]) == "pleased"


SPEAKERS = st.sampled_from([AuthorKind.CONTACT, AuthorKind.AGENT, AuthorKind.BOT])


@given(st.lists(st.tuples(SPEAKERS, WORDS), max_size=12))
def test_the_open_question_is_the_customers_own(spoken):
    messages = [said(seq, who, text) for seq, (who, text) in enumerate(spoken, start=1)]
    question, earlier, unanswered = open_question(messages)
    own = [text for who, text in spoken if who is AuthorKind.CONTACT]
    assert all(text in own for text in earlier)
    assert not unanswered or question
    assert all(line in "\n".join(own) for line in question.split("\n"))


def test_after_an_answer_the_question_stands_answered():
    talk = [said(1, AuthorKind.CONTACT, "怎么退货？"), said(2, AuthorKind.AGENT, "可以退。"), said(3, AuthorKind.CONTACT, "谢谢")]
    assert open_question(talk) == ("怎么退货？", [], False)


def test_orders_as_they_were_written():
    assert orders_in(["订单 SO20261122001 和 #20261123"]) == ("SO20261122001", "20261123")


SNIPPETS = st.builds(lambda title, body: Snippet(id=uuid4(), shortcut="a", title=title, body={"zh": body}), WORDS, WORDS)


@given(WORDS, st.lists(SNIPPETS, max_size=6))
def test_canned_replies_are_ranked_for_any_words(question, snippets):
    found = fitting(question, snippets)
    assert len(found) <= 3
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 for one in found)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("转人工", ""),
        ("I want to talk to a human please", ""),
        ("转人工，我的订单 SO20261120007 一直没发货，快递到哪了", "转人工，我的订单 SO20261120007 一直没发货，快递到哪了"),
    ],
)
def test_a_wish_for_a_person_may_hold_a_question(text, question):
    assert open_question([said(1, AuthorKind.CONTACT, text)])[0] == question
