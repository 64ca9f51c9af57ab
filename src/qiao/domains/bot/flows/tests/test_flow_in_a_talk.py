"""Flows in real conversations: what begins one, what is heard first, what comes in between, and what a flow may never do."""

from typing import Any

import msgspec
import pytest

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import FlowChanges, NewFlow
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of, say
from qiao.domains.bot.flows.turning import MAX_CALLS

pytestmark = pytest.mark.database


def trigger(zh: list[str], en: list[str], **more: Any) -> dict[str, Any]:
    return {"phrases": {"zh": zh, "en": en}, **more}


WATER = flow_of(
    ask("city", "text", prompt=both("哪个城市？", "Which city?"), label=both("城市", "city"), maximum=40),
    ask("phone", "phone", prompt=both("电话？", "Phone?"), label=both("电话", "phone")),
    end("{city} {phone}"),
    name=both("测水质", "Water test"),
    button=both("测水质", "Test my water"),
    trigger=trigger(["我要测水质", "帮我测一下水质"], ["please test my water", "test my tap water"]),
)
ENGRAVING = flow_of(
    ask("words", "text", prompt=both("刻什么字？", "Which words?"), label=both("刻字", "words"), maximum=20),
    ask("size", "number", prompt=both("多大？", "Which size?"), label=both("尺寸", "size")),
    end("刻 {words}，{size} 号"),
    name=both("刻字", "Engraving"),
    button=both("刻字", "Engrave it"),
    trigger=trigger(["我想在壶上刻字", "帮我刻字"], ["engrave my pot", "I want words on my pot"]),
)
STORY = flow_of(
    ask("story", "text", prompt=both("请说说经过。", "What happened?"), label=both("经过", "story")),
    end("记下了", "done"),
    name=both("反馈", "Feedback"),
    button=both("反馈", "Feedback"),
    trigger=trigger(["我要反馈问题"], ["I have feedback"]),
)


@pytest.fixture
async def talk(shop: Any) -> Any:
    for definition in (WATER, ENGRAVING, STORY):
        await publish(shop, definition)
    return shop


async def publish(shop: Any, definition: FlowDefinition) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        flow = await shop.bot.flows.create(scope, NewFlow(definition=definition))
        assert flow.faults == []
        await shop.bot.flows.publish(scope, flow.flow.id, None)
    return flow.flow.id


async def reasons(shop: Any) -> list[str]:
    return [one.reason for one in await shop.turns()]


async def last_texts(shop: Any, count: int) -> list[str]:
    return [one.text for one in (await shop.replies())[-count:]]


# --- what begins one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", ["我要测水质", "我要测水质！", "请帮我测一下水质", "帮我测下我家的水质吧"])
async def test_a_wish_begins_it(talk: Any, wish: str) -> None:
    assert (await talk.say(wish)).text == "哪个城市？"


async def test_in_english_it_is_gone_through_in_english(talk: Any) -> None:
    assert (await talk.say("please test my water")).text == "Which city?"
    assert (await talk.say("London")).text == "Phone?"


async def test_what_was_said_earlier_is_not_asked_for_again(talk: Any) -> None:
    await talk.say("运费怎么算？我的电话 13800000188")
    await talk.say("我要测水质")
    assert (await talk.say("杭州")).text == "杭州 13800000188"


async def test_what_was_said_for_a_matter_that_is_closed_is_not_used_for_the_next(talk: Any) -> None:
    for text in ("我要测水质", "杭州", "13800000188"):
        await talk.say(text)
    await talk.say("帮我测一下水质")
    assert (await talk.say("宁波")).text == "电话？"


async def test_its_button_begins_it_whatever_the_label_says(talk: Any) -> None:
    async with talk.database.scope(talk.workspace.id) as scope:
        flow = next(one for one in await talk.bot.flows.all(scope) if one.name["zh"] == "刻字")
    assert (await talk.say("刻字", option=flow.id)).text == "刻什么字？"


async def test_the_button_of_a_flow_that_was_switched_off_begins_nothing(talk: Any) -> None:
    async with talk.database.scope(talk.workspace.id) as scope:
        flow = next(one for one in await talk.bot.flows.all(scope) if one.name["zh"] == "刻字")
        await talk.bot.flows.change(scope, flow.id, FlowChanges(enabled=False))
    assert "刻什么字" not in (await talk.say("刻字", option=flow.id)).text


async def test_a_question_that_the_knowledge_answers_begins_nothing(talk: Any) -> None:
    assert "包邮" in (await talk.say("运费怎么算？")).text
    assert (await talk.turns())[-1].zone == "answer"


# --- what is heard first --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["转人工", "我要找真人客服", "I want to talk to a human"])
async def test_a_person_is_one_word_away_at_any_question(talk: Any, words: str) -> None:
    await talk.say("我要测水质")
    await talk.say(words)
    assert await talk.status() == "waiting"


async def test_danger_is_heard_in_the_middle_of_a_flow(talk: Any) -> None:
    await talk.say("我要测水质")
    assert "119" in (await talk.say("着火了，壶烧起来了！")).text or await talk.status() == "waiting"


async def test_anger_brings_a_person_with_what_was_gathered(talk: Any) -> None:
    for text in ("我要测水质", "杭州", "你们这些骗子，气死我了！"):
        await talk.say(text)
    assert await talk.status() == "waiting"
    note = next(one for one in await talk.messages() if one.kind == "note")
    assert note.content["entities"]["城市"] == "杭州"


async def test_where_a_story_is_asked_for_anger_is_part_of_it(talk: Any) -> None:
    await talk.say("我要反馈问题")
    await talk.say("你们的客服太差了，气死我了，三天都不回我！")
    assert await talk.status() == "bot"
    assert "flow_done" in await reasons(talk)


# --- in between -----------------------------------------------------------------------------------------------------------


async def test_a_question_in_between_is_answered_and_the_flow_asks_once_more(talk: Any) -> None:
    await talk.say("我要测水质")
    await talk.say("运费怎么算？")
    assert [("包邮" in one, one == "哪个城市？") for one in await last_texts(talk, 2)] == [(True, False), (False, True)]
    assert (await talk.say("杭州")).text == "电话？"


@pytest.mark.parametrize(("courtesy", "said"), [("谢谢", "不客气！"), ("你好", "您好！")])
async def test_a_courtesy_is_returned_and_the_question_put_again(talk: Any, courtesy: str, said: str) -> None:
    await talk.say("我要测水质")
    await talk.say("杭州")
    await talk.say(courtesy)
    assert said in " ".join(await last_texts(talk, 2))
    assert (await last_texts(talk, 1))[0].endswith("电话？")


async def test_goodbye_ends_it(talk: Any) -> None:
    await talk.say("我要测水质")
    await talk.say("杭州")
    await talk.say("再见")
    assert (await reasons(talk))[-1] == "flow_cancelled"


async def test_another_wish_takes_its_place(talk: Any) -> None:
    await talk.say("我要测水质")
    await talk.say("杭州")
    assert "刻什么字？" in (await talk.say("帮我刻字")).text
    async with talk.database.scope(talk.workspace.id) as scope:
        outcomes = await scope.connection.fetch(
            "select outcome from bot_flow_states where workspace_id = $1 order by created_at", talk.workspace.id
        )
    assert [one["outcome"] for one in outcomes] == ["switched", None]


async def test_another_wish_in_another_language_is_served_in_it(talk: Any) -> None:
    await talk.say("我要测水质")
    await talk.say("杭州")
    assert "Which words?" in (await talk.say("engrave my pot")).text


async def test_the_very_words_of_this_flow_do_not_begin_it_anew(talk: Any) -> None:
    await talk.say("我要测水质")
    await talk.say("杭州")
    await talk.say("帮我测一下水质")
    async with talk.database.scope(talk.workspace.id) as scope:
        count = await scope.connection.fetchval("select count(*) from bot_flow_states where workspace_id = $1", talk.workspace.id)
    assert count == 1


async def test_a_correction_that_names_nothing_takes_back_the_last_answer(talk: Any) -> None:
    for text in ("我想在壶上刻字", "清茶一壶"):
        await talk.say(text)
    assert (await talk.say("写错了，改一下")).text.endswith("刻什么字？")
    assert (await talk.say("一壶清茶")).text == "多大？"
    assert (await talk.say("三号")).text == "刻 一壶清茶，3 号"


async def test_an_entry_that_was_chosen_from_an_offer_is_read_in_between(talk: Any) -> None:
    await talk.say("我要测水质")
    entry = talk.faqs["运费怎么算？"].id
    await talk.say("运费怎么算？", option=entry)
    assert "包邮" in " ".join(await last_texts(talk, 2))
    assert (await last_texts(talk, 1))[0].endswith("哪个城市？")


async def test_a_language_is_not_changed_by_a_name_or_a_number(talk: Any) -> None:
    await talk.say("我要测水质")
    assert (await talk.say("London")).text == "电话？"


# --- ends and bounds ------------------------------------------------------------------------------------------------------


async def test_its_end_leaves_the_talk_to_the_bot(talk: Any) -> None:
    for text in ("我要测水质", "杭州", "13800000188"):
        await talk.say(text)
    assert await talk.status() == "bot"
    assert "包邮" in (await talk.say("运费怎么算？")).text


async def test_who_is_not_understood_gets_a_person_and_not_the_question_for_ever(talk: Any) -> None:
    for text in ("我要测水质", "杭州", "就那个呀", "我不记得了", "随便你"):
        await talk.say(text)
    assert await talk.status() == "waiting"
    said = [one.text for one in await talk.replies()]
    assert sum("电话？" in one for one in said) <= 3


async def test_a_flow_that_calls_in_a_circle_is_stopped(shop: Any) -> None:
    """As it stands in the database, whatever the checks say today."""
    circle = flow_of(
        {"id": "a", "type": "tool", "tool": "gone", "result": "x", "next": "b", "errors": {"unavailable": "b"}},
        {"id": "b", "type": "tool", "tool": "gone", "result": "x", "next": "a", "errors": {"unavailable": "a"}},
        end(),
        trigger=trigger(["我要转圈"], ["go in circles"]),
    )
    async with shop.database.scope(shop.workspace.id) as scope:
        made = await shop.bot.flows.create(scope, NewFlow(definition=circle))
        await scope.connection.execute(
            "insert into bot_flow_versions (workspace_id, flow_id, version, definition) values ($1, $2, 1, $3)",
            shop.workspace.id,
            made.flow.id,
            msgspec.to_builtins(circle),
        )
        await scope.connection.execute(
            "update bot_flows set published = 1 where workspace_id = $1 and id = $2", shop.workspace.id, made.flow.id
        )
        for enabled in (False, True):
            await shop.bot.flows.change(scope, made.flow.id, FlowChanges(enabled=enabled))
    assert "同事来帮您" in (await shop.say("我要转圈")).text
    assert await shop.status() == "waiting"
    async with shop.database.scope(shop.workspace.id) as scope:
        assert len(await shop.bot.flows.calls(scope, shop.talk.id)) == MAX_CALLS


async def test_a_flow_in_two_companies_is_met_in_its_own_alone(talk: Any, database: Any, tmp_path: Any) -> None:
    from uuid import uuid4

    from qiao.domains.bot.tests.tea_shop import Shop, no_model
    from qiao.domains.workspaces.api import Workspaces

    other = Shop(database, await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"}), tmp_path / "b", no_model)
    await other.open()
    assert "城市" not in (await other.say("我要测水质")).text
    await other.close()


async def test_what_was_typed_stands_nowhere_when_it_is_over(talk: Any) -> None:
    for text in ("我要测水质", "杭州", "13800000188"):
        await talk.say(text)
    async with talk.database.scope(talk.workspace.id) as scope:
        rows = await scope.connection.fetch("select state from bot_flow_states where workspace_id = $1", talk.workspace.id)
    assert "13800000188" not in str([dict(row) for row in rows])
    assert say("a", "b")["id"] == "a"
