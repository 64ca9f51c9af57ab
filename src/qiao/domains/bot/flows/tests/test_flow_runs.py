"""Runs over time and over processes: pauses, days, other people in between, turns taken twice, versions, two languages."""

import asyncio
from typing import Any

import msgspec
import pytest

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import FlowChanges, FlowTry, NewFlow, Simulated
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of, say
from qiao.domains.bot.tests.tea_shop import no_model
from qiao.domains.conversations.contracts import Author, AuthorKind

pytestmark = pytest.mark.database

TRIGGER = {"phrases": {"zh": ["我要测水质", "帮我测一下水质"], "en": ["please test my water"]}}
WATER = flow_of(
    ask("city", "text", prompt=both("哪个城市？", "Which city?"), label=both("城市", "city"), maximum=40),
    ask("phone", "phone", prompt=both("电话？", "Phone?"), label=both("电话", "phone")),
    end("{city} {phone}"),
    name=both("测水质", "Water test"),
    button=both("测水质", "Test my water"),
    trigger=TRIGGER,
)


async def publish(shop: Any, definition: FlowDefinition) -> Any:
    async with shop.database.scope(shop.workspace.id) as scope:
        flow = await shop.bot.flows.create(scope, NewFlow(definition=definition))
        assert flow.faults == []
        await shop.bot.flows.publish(scope, flow.flow.id, None)
    return flow.flow.id


async def aged(shop: Any, age: str) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        await scope.connection.execute(
            f"update bot_flow_states set updated_at = updated_at - interval '{age}' where workspace_id = $1", shop.workspace.id
        )


async def outcomes(shop: Any) -> list[str | None]:
    async with shop.database.scope(shop.workspace.id) as scope:
        rows = await scope.connection.fetch(
            "select outcome, state from bot_flow_states where workspace_id = $1 order by created_at", shop.workspace.id
        )
    assert all(row["state"]["slots"] == {} for row in rows if row["outcome"])
    return [row["outcome"] for row in rows]


async def test_who_comes_back_after_a_pause_is_reminded(shop: Any) -> None:
    await publish(shop, WATER)
    assert (await shop.say("我要测水质")).text == "哪个城市？"
    await aged(shop, "40 minutes")
    assert (await shop.say("杭州")).text == "电话？"
    assert [one.text for one in await shop.replies()][-2:] == ["我们接着刚才的“测水质”。", "电话？"]
    assert (await shop.say("13800000188")).text == "杭州 13800000188"
    assert await outcomes(shop) == ["done"]


async def test_after_a_day_the_matter_is_let_go(shop: Any) -> None:
    await publish(shop, WATER)
    await shop.say("我要测水质")
    await aged(shop, "25 hours")
    assert "包邮" in (await shop.say("运费怎么算？")).text
    assert await outcomes(shop) == ["lapsed"]


async def test_who_was_helped_by_a_person_in_between_begins_anew(shop: Any) -> None:
    await publish(shop, WATER)
    await shop.say("我要测水质")
    person = await shop.come_to_work()
    agent = Author(AuthorKind.AGENT, person.id, person.name)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.hand_over(scope, shop.talk.id, agent, reason="asked")
        await shop.conversations.claim(scope, shop.talk.id, agent)
        await shop.conversations.hand_to_bot(scope, shop.talk.id, agent)
    assert "城市" not in (await shop.say("杭州")).text


async def test_a_turn_taken_twice_and_in_two_processes_is_one_step(shop: Any) -> None:
    await publish(shop, WATER)
    other = shop.another_bot(no_model)
    message = await shop.write("我要测水质")
    bots = [shop.bot, other, shop.bot, other]
    await asyncio.gather(*(bot.take_turn(shop.workspace.id, shop.talk.id, message.seq) for bot in bots))
    answer = await shop.write("杭州")
    await asyncio.gather(*(bot.take_turn(shop.workspace.id, shop.talk.id, answer.seq) for bot in bots))
    assert [one.text for one in await shop.replies()] == ["哪个城市？", "电话？"]
    other.close()


async def test_the_bots_turns_tell_what_a_flow_did(shop: Any) -> None:
    await publish(shop, WATER)
    for text in ("我要测水质", "运费怎么算？", "杭州", "算了"):
        await shop.say(text)
    assert [(one.zone, one.reason) for one in await shop.turns()] == [
        ("flow", "flow_step"),
        ("flow", "flow_aside"),
        ("flow", "flow_step"),
        ("flow", "flow_cancelled"),
    ]
    assert await outcomes(shop) == ["cancelled"]


async def test_an_address_of_letters_does_not_change_the_language(shop: Any) -> None:
    flow = flow_of(
        ask("email", "email", prompt=both("邮箱？", "E-mail?")),
        ask("more", "text", prompt=both("还有呢？", "More?")),
        end("完"),
        trigger=TRIGGER,
    )
    await publish(shop, flow)
    await shop.say("我要测水质")
    assert (await shop.say("someone.english@example.com")).text == "还有呢？"


async def test_a_person_gets_what_was_gathered(shop: Any) -> None:
    await publish(shop, WATER)
    for text in ("我要测水质", "杭州", "转人工"):
        await shop.say(text)
    note = next(one for one in await shop.messages() if one.kind == "note")
    assert note.content["entities"]["城市"] == "杭州"
    assert await outcomes(shop) == ["handed_over"]


async def test_a_tool_that_is_not_there_brings_a_person_and_is_on_record(shop: Any) -> None:
    flow = flow_of({"id": "look", "type": "tool", "tool": "gone", "result": "found"}, end("完"), trigger=TRIGGER)
    async with shop.database.scope(shop.workspace.id) as scope:
        made = await shop.bot.flows.create(scope, NewFlow(definition=flow))
        assert [one.code for one in made.faults] == ["unknown_tool"]
        # As if the tool had been taken away after the flow was published.
        rows = await scope.connection.fetchval(
            "insert into bot_flow_versions (workspace_id, flow_id, version, definition) values ($1, $2, 1, $3) returning version",
            shop.workspace.id,
            made.flow.id,
            msgspec.to_builtins(flow),
        )
        await scope.connection.execute(
            "update bot_flows set published = $3 where workspace_id = $1 and id = $2", shop.workspace.id, made.flow.id, rows
        )
        await shop.bot.flows.change(scope, made.flow.id, FlowChanges(enabled=False))
        await shop.bot.flows.change(scope, made.flow.id, FlowChanges(enabled=True))
    assert "暂时没有回应" in (await shop.say("我要测水质")).text
    assert await shop.status() == "waiting"
    async with shop.database.scope(shop.workspace.id) as scope:
        calls = await shop.bot.flows.calls(scope, shop.talk.id)
    assert [(one.tool, one.outcome) for one in calls] == [("gone", "unavailable:no_tool")]


async def test_what_came_with_the_program_is_put_in_once(shop: Any) -> None:
    async with shop.database.scope(shop.workspace.id) as scope:
        assert await shop.bot.flows.install(scope, publish=True) == 7
        assert await shop.bot.flows.install(scope, publish=True) == 0
        flows = await shop.bot.flows.all(scope)
    # There is no shop in this house, so nothing that needs its tools is published.
    assert {one.shipped: one.published for one in flows} == dict.fromkeys((one.shipped for one in flows), None)


async def test_trying_the_bot_tells_of_the_flow(shop: Any) -> None:
    await publish(shop, WATER)
    trial = await shop.try_("帮我测一下水质")
    assert (trial.zone, trial.text) == ("flow", "哪个城市？")
    assert (await shop.try_("运费怎么算？")).zone == "answer"


async def test_a_trial_answers_corrects_and_stops_like_a_customer(shop: Any) -> None:
    flow_id = await publish(shop, WATER)

    async def step(text: str, state: Any = None, **more: Any) -> Any:
        async with shop.database.scope(shop.workspace.id) as scope:
            return await shop.bot.flows.try_step(scope, flow_id, FlowTry(text=text, state=state, **more))

    trial = await step("我要测水质")
    trial = await step("杭州", trial.state)
    trial = await step("改一下城市", trial.state)
    assert trial.messages[0].text == "好的，我们改一下。\n\n哪个城市？"
    trial = await step("宁波", trial.state)
    trial = await step("13800000188", trial.state)
    assert (trial.over, trial.messages[0].text) == (True, "宁波 13800000188")
    assert (await step("算了", (await step("")).state)).over
    assert Simulated(value=1).fault is None
    assert say("a", "b")["type"] == "say"
