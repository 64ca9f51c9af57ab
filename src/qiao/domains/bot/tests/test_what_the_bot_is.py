"""Who asks whether they talk with a person is told: no, an AI. Questions about what is sold are left to the knowledge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.dialogue import Said, at_sight
from qiao.domains.bot.intents import asks_what_it_is

ASKED = """你是真人吗
您是人工吗？
你是机器人吧
你到底是人还是机器？
妳是真人嗎
你是不是机器人
请问你是AI吗
你是人工智能还是人工
这是机器人吗
这边是人工客服吗
跟我聊的是真人吗？
对面是活人吗
你不是真人吧
ａｒｅ　ｙｏｕ　ｈｕｍａｎ？
Are you a human?
are you a real person
r u a bot??
so are you actually a robot or a person?
Am I talking to a real human being?
am I chatting with an AI right now
Is this a bot?
is this a real person
You are a bot, right?
are you ChatGPT
Hey, are you real?""".splitlines()
SOLD = """这是真的茶吗
这是机器做的吗
这是电脑吗
是真的吗
这个是人工采摘的吗
你们是人工炒茶吗
你们有机器人吗
机器人可以退吗
你们是哪里的
你是谁推荐的
is it real?
is this real leather
is this a machine
are you open on Sunday
are you able to ship to Canada
is this a person-sized pot
are your agents real experts
do you sell robots
am I eligible for a refund""".splitlines()


@pytest.mark.parametrize("text", ASKED)
def test_it_says_what_it_is(text: str) -> None:
    act = at_sight(Said(text=text))
    assert act is not None
    assert (act.zone, act.say, act.hand_over) == ("small_talk", "itself", None)


@pytest.mark.parametrize("text", SOLD)
def test_what_is_sold_is_another_question(text: str) -> None:
    assert not asks_what_it_is(text)


@pytest.mark.parametrize("text", ["你是真人吗？转人工", "are you a bot? get me a human", "着火了，你是真人吗"])
def test_a_wish_or_danger_beside_it_is_heard(text: str) -> None:
    act = at_sight(Said(text=text))
    assert act is not None
    assert act.hand_over in {"asked", "emergency"}


@pytest.mark.parametrize("part", ["你是", "是不是", "are you ", "a real ", "还是人", "真人"])
def test_endless_texts_take_no_time(part: str) -> None:
    assert asks_what_it_is(part * 20_000) in {True, False}


@pytest.mark.property
@given(st.text(max_size=200))
def test_any_text_is_asked_or_not(text: str) -> None:
    assert asks_what_it_is(text) in {True, False}
