"""A conversation read again: who asked what, what was tried and told, in the conversation's language; canned replies by their words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from qiao.domains.bot.assist.looking_back import (
    MAX_QUESTION,
    MAX_TRIED,
    open_question,
    orders_in,
    promise_words,
    questions,
    reply_language,
    summarise,
)
from qiao.domains.bot.assist.next_actions import asked_twice, mood_of
from qiao.domains.bot.assist.promise_contracts import Promise
from qiao.domains.bot.assist.snippet_choice import fitting
from qiao.domains.bot.contracts import CandidateView, PastTurn
from qiao.domains.bot.summary import MAX_WANTS
from qiao.domains.conversations.contracts import (
    Author,
    AuthorKind,
    ContactBrief,
    Conversation,
    Message,
    MessageKind,
    Status,
)
from qiao.domains.knowledge.contracts import Snippet

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CUSTOMER, AGENT, BOT = AuthorKind.CONTACT, AuthorKind.AGENT, AuthorKind.BOT
LAN = ContactBrief(UUID(int=3), "兰", "lan@example.com", identified=True, city=None, country=None, tier=None)
NOBODY = ContactBrief(UUID(int=4), None, None, identified=False, city=None, country=None, tier=None)


def said(seq: int, who: AuthorKind, text: str, **fields: Any) -> Message:
    plain: dict[str, Any] = {
        "id": UUID(int=seq),
        "conversation_id": UUID(int=99),
        "seq": seq,
        "author": Author(who),
        "kind": MessageKind.TEXT,
        "text": text,
        "attachments": [],
        "content": None,
        "client_id": f"c{seq}",
        "created_at": NOW,
    }
    return Message(**(plain | fields))


def talk(*spoken: tuple[AuthorKind, str]) -> list[Message]:
    return [said(seq, who, text) for seq, (who, text) in enumerate(spoken, start=1)]


def conversation(**fields: Any) -> Conversation:
    plain: dict[str, Any] = {
        "id": UUID(int=99), "number": 1, "inbox_id": UUID(int=2), "contact": LAN,
        "status": Status.WAITING, "assignee_id": None, "team_id": None, "language": "zh", "tags": [], "last_seq": 9,
        "agent_seen_seq": 0,
        "contact_seen_seq": 0, "unread": 0, "preview": None, "waiting_since": None, "snoozed_until": None, "created_at": NOW,
        "updated_at": NOW, "resolved_at": None,
    }  # fmt: skip
    return Conversation(**(plain | fields))


def turn(zone: str, *titles: str) -> PastTurn:
    shown = [
        CandidateView(
            entry_id=uuid4(), kind="faq", title=title, language="zh", score=0.9, lexical=1.0, semantic=None, matched="", url=None
        )
        for title in titles
    ]
    return PastTurn(
        id=uuid4(), question_seq=1, question="q", language="zh", zone=zone, reason="clear", handed_over=False, candidates=shown
    )


def promise(**fields: Any) -> Promise:
    plain: dict[str, Any] = {
        "id": uuid4(), "conversation_id": UUID(int=99), "kind": "call_back", "state": "open", "email": None, "phone": "13812345678",
        "starts_at": NOW, "due_at": NOW + timedelta(hours=14), "language": "zh", "made_at": NOW, "settled_at": None,
        "settled_by": None,
    }  # fmt: skip
    return Promise(**(plain | fields))


def test_the_last_words_in_a_row_are_the_question():
    heard = talk((CUSTOMER, "运费多少"), (AGENT, "12 元"), (CUSTOMER, "壶碎了"), (CUSTOMER, "能补发吗"), (CUSTOMER, "谢谢"))
    assert open_question(heard) == ("壶碎了\n能补发吗", ["运费多少"], True)


def test_only_an_agents_words_answer_a_question():
    note = said(2, AGENT, "看看这个", kind=MessageKind.NOTE)
    by_the_bot = said(3, BOT, "签收后 7 天内可以退。")
    assert open_question([said(1, CUSTOMER, "怎么退货"), note, by_the_bot]) == ("怎么退货", [], True)
    assert open_question([said(1, CUSTOMER, "怎么退货"), said(2, AGENT, "可以退。")]) == ("怎么退货", [], False)


def test_no_more_than_three_messages_and_five_hundred_characters_are_one_question():
    many = talk(*((CUSTOMER, f"第{count}句") for count in range(6)))
    assert open_question(many)[0] == "第3句\n第4句\n第5句"
    assert open_question(many)[1] == ["第0句", "第1句", "第2句"]
    assert len(open_question(talk((CUSTOMER, "啊" * 3_000)))[0]) == MAX_QUESTION


@pytest.mark.parametrize(
    "spoken", [[], [(AGENT, "您好")], [(CUSTOMER, "你好"), (CUSTOMER, "谢谢")], [(CUSTOMER, "转人工")], [(CUSTOMER, "  ")]]
)
def test_without_a_question_there_is_none(spoken: list[tuple[AuthorKind, str]]):
    assert open_question(talk(*spoken)) == ("", [], False)


def test_what_arranged_a_call_is_no_question():
    heard = [
        said(1, CUSTOMER, "壶碎了"),
        said(2, CUSTOMER, "13812345678"),
        said(3, BOT, "您希望什么时候接到电话？", client_id=f"promise-{UUID(int=2)}"),
    ]
    assert [one.text for one in questions(heard)] == ["壶碎了"]


def test_the_language_of_the_last_reply():
    heard = [
        *talk((CUSTOMER, "hi"), (AGENT, "你好"), (AGENT, "Hello")),
        said(4, AGENT, "内部", kind=MessageKind.NOTE),
        said(5, AGENT, " "),
    ]
    assert reply_language(heard, ["en", "zh", "en", "zh", "zh"]) == "en"
    assert reply_language(heard[:1], ["en"]) is None


def test_a_summary_says_who_what_and_what_was_tried():
    heard = talk(
        (CUSTOMER, "你好"),
        (CUSTOMER, "订单 SO20261122001 的壶碎了，能补发吗？我电话 13812345678"),
        (AGENT, "您好"),
        (AGENT, "请先拍一张照片发给我。"),
        (CUSTOMER, "已经拍了"),
    )
    draft = summarise(
        conversation(),
        heard,
        [turn("offer", "怎么退货？", "破损怎么办？"), turn("answer", "怎么退货？", "别的")],
        ["今天 18:00 前答复"],
    )
    assert (draft.who, draft.language, draft.question_count, draft.mood) == ("兰 · lan@example.com", "zh", 3, "calm")
    assert draft.wants == "订单 SO20261122001 的壶碎了，能补发吗？我电话 13812345678 已经拍了"
    assert draft.tried == ["怎么退货？", "破损怎么办？", "请先拍一张照片发给我。"]
    assert draft.entities == {"订单号": "SO20261122001", "电话": "13812345678"}
    assert draft.promises == ["今天 18:00 前答复"]


def test_a_summary_of_nobody_who_wanted_a_person():
    draft = summarise(
        conversation(contact=NOBODY, language="en"),
        talk((CUSTOMER, "human")),
        [],
        [],
    )
    assert (draft.who, draft.wants, draft.tried, draft.entities) == ("Anonymous visitor", "Wants to talk with a person", [], {})


def test_a_summary_has_an_end():
    heard = [*talk((CUSTOMER, "很长" * 2_000)), *(said(seq, AGENT, f"第 {seq} 条" + "很长" * 200) for seq in range(2, 12))]
    draft = summarise(conversation(), heard, [turn("offer", *(f"问题 {count}" for count in range(9)))], [])
    assert len(draft.wants) == MAX_WANTS
    assert len(draft.tried) == MAX_TRIED
    only_told = summarise(conversation(), heard, [turn("hand_over", "没用上")], [])
    assert [(len(line), line[-1]) for line in only_told.tried] == [(80, "…")] * 3
    assert only_told.tried[-1].startswith("第 11 条")


def test_a_promise_on_one_line():
    def line(language: str, **fields: Any) -> str:
        return promise_words(promise(**fields), NOW, SHANGHAI, language)

    assert line("zh") == "明天 10:00 前回电 13812345678"
    assert line("en") == "Call 13812345678 by tomorrow 10:00"
    assert line("zh", phone=None) == "明天 10:00 前回电"
    assert line("zh", kind="message", email="a@b.co") == "明天 10:00 前答复，发到 a@b.co"
    assert line("zh", kind="message") == "明天 10:00 前答复"
    assert line("en", kind="message", email="a@b.co") == "Answer by tomorrow 10:00, to a@b.co"
    assert line("ja", kind="message", due_at=NOW + timedelta(days=9)) == "Answer by Tue 1 Dec 20:00"


def test_orders_in_their_order_each_once():
    assert orders_in(["订单号 lt-20261", "再说一遍 LT-20262 和 lt-20261"]) == ("lt-20261", "LT-20262")
    assert orders_in(["no order", "13812345678"]) == ()


def test_moods_follow_the_last_telling_words():
    said_in_turn = {
        ("你们太差了", "好的"): "angry",
        ("你们太差了", "谢谢，解决了"): "pleased",
        ("thanks", "this is ridiculous"): "angry",
        ("救命", "有人触电了"): "emergency",
        ("有人触电了", "已经没事了", "谢谢", "请问运费多少"): "pleased",
        ("骗子",) + ("在吗",) * 6: "calm",
        (): "calm",
    }
    assert {texts: mood_of(texts) for texts in said_in_turn} == said_in_turn


def test_a_question_asked_again_is_noticed_in_nearly_the_same_words():
    assert asked_twice(["怎么申请退货退款？", "在吗", "怎么申请退货退款呢"])
    assert asked_twice(["Where is my order?", "where is my ORDER"])
    assert not asked_twice(["怎么申请退货退款？", "怎么申请换货"])
    assert not asked_twice(["好的", "好的"])
    assert not asked_twice(["在", "在"])
    assert not asked_twice([])


def canned(shortcut: str, title: str, **body: str) -> Snippet:
    return Snippet(id=uuid4(), shortcut=shortcut, title=title, body=body)


CANNED = [
    canned("refund", "退款时效", zh="退款会在三个工作日内原路退回。", en="Refunds arrive within three working days."),
    canned("ship", "发货时间", zh="一般四十八小时内发货。", en="We ship within 48 hours."),
    canned("invoice", "电子发票", zh="电子发票会发送到您的邮箱。", en="Your e-invoice will be sent by email."),
    canned("address", "修改地址", zh="发货前可以修改地址。", en="The address can be changed before shipping."),
]


def test_canned_replies_speak_of_what_is_asked():
    asked = {
        "退款多久到账": ["refund"],
        "請問電子發票怎麼開": ["invoice"],
        "how do I change my address": ["address"],
        "你们在吗": [],
        "": [],
        "怎么 什么 可以": [],
        "😀😀😀": [],
    }
    assert {question: [one.shortcut for one in fitting(question, CANNED)] for question in asked} == asked


def test_canned_replies_alike_stand_by_their_shortcut():
    twins = [canned(name, "退款时效", zh="三天") for name in ("b", "c", "a", "d")]
    assert [one.shortcut for one in fitting("退款时效", twins[:3])] == ["a", "b", "c"]
    assert fitting("退款时效", twins) == []
    assert fitting("退款", []) == []
    assert [one.shortcut for one in fitting("退款时效是多久", CANNED[:1], most=0)] == []
