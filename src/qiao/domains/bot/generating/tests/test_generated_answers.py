"""Answers in the model's words, through the bot's own turns and real HTTP: shown when right, never noticed when not."""

import asyncio
import time

import pytest

from qiao.domains.bot.generating.tests.writing_shop import KEY, passages_in, quoting
from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.kit.ids import new_id
from qiao.ports.testing.llm_endpoint import (
    cut,
    dripping,
    flooding,
    murmuring,
    raw,
    says,
    sends,
    slow,
    status,
)

pytestmark = [pytest.mark.database, pytest.mark.slow]
BUILT_IN = "满 199 元包邮，不满收 12 元。"
WORDED = "您好！满 199 元就包邮，不满的话收 12 元运费。"
GOOD = says(quoting("199", f"{WORDED}[n]"))


async def test_an_answer_in_the_models_words_with_its_source(shop, endpoint):
    endpoint.then(GOOD)
    reply = await shop.say("运费怎么算？")
    assert reply.text == WORDED
    assert reply.content["generated"] is True
    assert [one["title"] for one in reply.content["sources"]] == ["运费怎么算？"]
    turn = (await shop.turns())[0]
    assert (turn.zone, turn.reason) == ("answer", "generated")
    assert shop.typing == [True, False]


async def test_where_the_bot_would_offer_two_entries_one_answer_may_hold_both(shop, endpoint):
    def both(request):
        titles = [text.splitlines()[0] for text in passages_in(request)]
        first, second = titles.index("白茶怎么冲泡？") + 1, titles.index("红茶怎么冲泡？") + 1
        return f"白茶用 85 度的水冲泡。[{first}] 红茶用 90 度的水冲泡。[{second}]"

    await shop.publish("白茶怎么冲泡？", "用 85 度的水冲泡。")
    await shop.publish("红茶怎么冲泡？", "用 90 度的水冲泡。")
    assert (await shop.say("茶怎么冲泡")).content["type"] == "offer"
    endpoint.then(says(both))
    reply = await shop.asked_anew("茶怎么冲泡")
    assert (reply.content["type"], [one["title"] for one in reply.content["sources"]]) == (
        "answer",
        ["白茶怎么冲泡？", "红茶怎么冲泡？"],
    )
    assert reply.text == "白茶用 85 度的水冲泡。 红茶用 90 度的水冲泡。"


async def test_only_published_entries_and_the_question_are_sent(shop, endpoint):
    endpoint.then(GOOD)
    draft = await shop.publish("运费的内部说明", "INTERNAL-CANARY 成本价 3 元")
    await shop.change_faq(draft, publish=False)
    await shop.asked_anew("运费怎么算？", name="Zebulon Quimby", email="zq@private.example")
    sent = endpoint.received.decode()
    assert "INTERNAL-CANARY" not in sent
    assert [part for part in ("Zebulon", "Quimby", "private.example") if part in sent] == []
    assert set(endpoint.requests[0].json) == {"model", "messages", "max_tokens", "temperature", "stream", "stream_options"}
    assert any("199" in text for text in passages_in(endpoint.requests[0]))


async def test_earlier_questions_go_along_and_nothing_of_others(shop, endpoint):
    await shop.say("OTHER-CUSTOMER 运费怎么算？")
    endpoint.requests.clear()
    endpoint.then(GOOD)
    await shop.asked_anew("我想退货 FIRST-QUESTION")
    await shop.say("运费怎么算？")
    assert "FIRST-QUESTION" in endpoint.requests[-1].prompt
    assert "OTHER-CUSTOMER" not in endpoint.received.decode()


CANARIES = {
    "13912345678": "我的手机 13912345678",
    "wang.qiang@private.example": "邮箱 wang.qiang@private.example",
    "王强": "我叫王强",
    "解放路88号": "地址：西安市碑林区解放路88号5栋301室",
    "6222020200112233445": "卡号 6222020200112233445",
    "110101199003074610": "身份证 110101199003074610",
    "555-0147": "call me at (415) 555-0147",
    "Harriet": "my name is Harriet Vane",
    "Baker Street": "I live at 221B Baker Street, London NW1 6XE",
    "4111": "card 4111 1111 1111 1111",
    "123-45-6789": "SSN 123-45-6789",
    "hvane@oxford.example": "hvane@oxford.example",
}


async def test_nothing_personal_ever_reaches_the_endpoint_or_the_log(shop, endpoint):
    endpoint.then(GOOD)
    for said in CANARIES.values():
        await shop.asked_anew(f"运费怎么算？{said}")
        await shop.asked_anew(f"Do you ship abroad? {said}")
    sent, log = endpoint.received.decode(), "".join(str(one.prompt) + one.answer for one in await shop.log())
    assert len(endpoint.requests) >= len(CANARIES)
    assert [canary for canary in CANARIES if canary in sent] == []
    assert [canary for canary in CANARIES if canary in log] == []
    assert KEY not in log


async def test_masks_come_back_as_what_they_stood_for(shop, endpoint):
    def echo(request):
        asked = request.prompt.split("the customer's question")[-1]
        mask = asked[asked.index("[PHONE_") :].split("]")[0] + "]"
        return quoting("199", f"{mask} 这个号码下单，满 199 元包邮。[n]")(request)

    endpoint.then(says(echo))
    reply = await shop.say("13912345678 下单，运费怎么算？")
    assert reply.text == "13912345678 这个号码下单，满 199 元包邮。"


async def test_the_model_may_decline(shop, endpoint):
    endpoint.then(says("NO_ANSWER"))
    assert (await shop.say("运费怎么算？")).text == BUILT_IN
    assert (await shop.log())[0].outcome == "declined"


FAILING = {
    "500": status(500),
    "401": status(401),
    "429": status(429, headers=["Retry-After: 60"]),
    "redirect": status(302, headers=["Location: http://127.0.0.1:9/"]),
    "broken JSON": sends(b"data: {\n\n"),
    "cut": cut("满 199 元包邮"),
    "not HTTP": raw(b"\x00\x01\x02"),
    "silent": slow(9),
    "murmuring": murmuring(),
    "dripping": dripping("满", 0.05),
    "flood": flooding(b": x\n" * 1_000),
    "endless line": flooding(b"data: " * 1_000),
    "huge": says("茶" * 17_000, piece=500),
}


@pytest.mark.fault("F-A1")
@pytest.mark.parametrize("behaviour", FAILING.values(), ids=list(FAILING))
async def test_whatever_the_endpoint_does_the_customer_gets_the_built_in_answer_in_time(hasty_shop, endpoint, behaviour):
    endpoint.then(behaviour)
    started = time.monotonic()
    reply = await hasty_shop.say("运费怎么算？")
    assert (reply.text, "generated" in reply.content) == (BUILT_IN, False)
    assert time.monotonic() - started < 2.5
    log = await hasty_shop.log()
    assert [one.outcome in {"unavailable", "refused", "malformed", "too_long"} for one in log] == [True]
    assert hasty_shop.typing == [True, False]


async def test_nobody_waits_for_an_endpoint_that_keeps_failing(hasty_shop, endpoint):
    endpoint.then(slow(9))
    for _ in range(4):
        await hasty_shop.asked_anew("运费怎么算？")
    assert (await hasty_shop.llm_status()).state == "failing"
    started = time.monotonic()
    reply = await hasty_shop.asked_anew("运费怎么算？")
    assert (reply.text, len(endpoint.requests)) == (BUILT_IN, 4)
    assert time.monotonic() - started < 0.6


async def test_switched_off_or_without_knowledge_nothing_is_sent(shop, endpoint):
    await shop.say("今天股票会涨吗")
    await shop.asked_anew("谢谢")
    await shop.asked_anew("转人工")
    await shop.asked_anew("运费怎么算？" + "茶" * 1_600)
    await shop.set_llm(enabled=False)
    assert (await shop.asked_anew("运费怎么算？")).text == BUILT_IN
    assert endpoint.requests == []
    assert (await shop.llm_status()).state == "off"


async def test_a_chosen_option_gets_the_entrys_own_words(shop, endpoint):
    reply = await shop.say("运费怎么算？", shop.faqs["运费怎么算？"].id)
    assert (reply.text, endpoint.requests) == (BUILT_IN, [])


async def test_what_was_unpublished_or_changed_while_the_model_wrote_is_not_said(shop, endpoint):
    endpoint.then(slow(0.8, GOOD))
    message = await shop.write("运费怎么算？")
    turn = asyncio.create_task(shop.bot.take_turn(shop.workspace.id, shop.talk.id, message.seq))
    while not endpoint.requests:
        await asyncio.sleep(0.02)
    await shop.change_faq(shop.faqs["运费怎么算？"], answer="满 299 元包邮。")
    await turn
    reply = (await shop.replies())[-1]
    assert (reply.text, "generated" in reply.content) == ("满 299 元包邮。", False)


@pytest.mark.fault("F-A2")
async def test_a_person_who_takes_over_while_the_model_writes_is_not_spoken_over(shop, endpoint):
    endpoint.then(slow(0.6, GOOD))
    message = await shop.write("运费怎么算？")
    turn = asyncio.create_task(shop.bot.take_turn(shop.workspace.id, shop.talk.id, message.seq))
    while not endpoint.requests:
        await asyncio.sleep(0.02)
    async with shop.database.scope(shop.workspace.id) as scope:
        await shop.conversations.claim(scope, shop.talk.id, Author(AuthorKind.AGENT, new_id(), "周宁"))
    await turn
    assert await shop.replies() == []


async def test_the_log_tells_what_left_and_what_it_cost(shop, endpoint):
    endpoint.then(says(quoting("199", f"{WORDED}[n]"), usage=(321, 45)))
    await shop.say("运费怎么算？")
    use = (await shop.log())[0]
    assert (use.purpose, use.outcome, use.failed, use.language, use.model) == ("answer", "used", [], "zh", "wise-1")
    assert (use.prompt_tokens, use.answer_tokens, use.estimated) == (321, 45, False)
    assert use.conversation_id == shop.talk.id
    assert [one["role"] for one in use.prompt] == ["system", "user"]
    assert WORDED in use.answer
    assert 0 < use.first_ms <= use.total_ms
    status = await shop.llm_status()
    assert (status.state, status.tokens_today, status.tokens_month, status.requests_today, status.used_today) == (
        "ready", 366, 366, 1, 1
    )  # fmt: skip


async def test_a_rejected_answer_is_logged_with_the_checks_it_failed(shop, endpoint):
    endpoint.then(says(quoting("199", "满 99 元包邮，已为您申请退款。[n]")))
    assert (await shop.say("运费怎么算？")).text == BUILT_IN
    use = (await shop.log())[0]
    assert (use.outcome, {"figure", "acted"} <= set(use.failed)) == ("rejected", True)


async def test_an_english_question_is_answered_in_english(shop, endpoint):
    endpoint.then(says(quoting("40 countries", "Yes, we ship to 40 countries, in 7 to 12 days.[n]")))
    reply = await shop.say("Do you ship abroad?")
    assert reply.text == "Yes, we ship to 40 countries, in 7 to 12 days."
    assert "in English" in endpoint.requests[0].json["messages"][0]["content"]


async def test_many_at_once_are_bounded_and_nobody_is_left_without_an_answer(shop, endpoint):
    endpoint.then(slow(0.5, GOOD))
    messages = []
    for _ in range(10):
        await shop.new_customer()
        messages.append((await shop.write("运费怎么算？"), shop.talk))
    await asyncio.gather(*(shop.bot.take_turn(shop.workspace.id, talk.id, one.seq) for one, talk in messages))
    texts = []
    for _, talk in messages:
        shop.talk = talk
        texts += [one.text for one in await shop.replies()]
    assert len(texts) == 10
    assert set(texts) == {WORDED, BUILT_IN}
    assert texts.count(WORDED) == 4
