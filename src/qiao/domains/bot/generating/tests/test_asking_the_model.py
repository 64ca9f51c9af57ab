"""One request to a model that does as it is told: every way it can end, what each costs, and what is left behind when it is cut."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from qiao.domains.bot.generating.asking import AT_ONCE, MAX_REPLY, OF_A_WORKSPACE, Asking, Came, Endpoint, Wish
from qiao.domains.bot.generating.breaker import FAILURES
from qiao.domains.bot.generating.contracts import Errand, LanguageModelSettings
from qiao.domains.bot.generating.prompts import rewrite_prompt
from qiao.domains.bot.generating.rows import GeneratingRows
from qiao.domains.bot.generating.texts import Texts
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.ports.llm import Chat, LlmMalformed, LlmRefused, LlmTooLong, LlmUnavailable, Usage

pytestmark = pytest.mark.database
Step = str | Usage | Exception | float
"""What a model does: says a piece, counts, fails, waits."""


class Scripted:
    """A model of which each request takes its next script; the last one stays."""

    name = "scripted"

    def __init__(self, *scripts: list[Step] | Callable[[Chat], list[Step]]) -> None:
        self._scripts = list(scripts)
        self.asked: list[Chat] = []
        self.left = 0
        self.closed = 0

    async def chat(self, request: Chat) -> AsyncGenerator[str | Usage]:
        self.asked.append(request)
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        try:
            for step in script(request) if callable(script) else script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                    continue
                yield step
        finally:
            self.left += 1

    async def close(self) -> None:
        self.closed += 1


ON = LanguageModelSettings(enabled=True)
COUNTED = Usage(prompt_tokens=30, answer_tokens=5)


def asking(database: Any, *scripts: Any) -> tuple[Asking, Scripted]:
    model = Scripted(*scripts)
    return Asking(database, Endpoint("scripted", "127.0.0.1", 5.0, lambda: model)), model


def wish(seconds: float = 5.0, settings: LanguageModelSettings = ON, text: str = "请稍等") -> Wish:
    return Wish(
        purpose="rewrite", prompt=rewrite_prompt(text, "warm"), settings=settings, language="zh", until=time.monotonic() + seconds
    )


async def spent(database: Any, workspace: Any) -> tuple[int, int, int]:
    async with database.scope(workspace.id) as scope:
        now = await GeneratingRows(scope).spent(utc_now())
    return now.today, now.requests, now.used


async def asked(one: Asking, workspace: Any, **fields: Any) -> Came:
    came = await one.ask(workspace.id, wish(**fields))
    assert isinstance(came, Came)
    await one.told(workspace.id, came, came.outcome)
    return came


async def test_pieces_are_one_reply_and_cost_what_was_counted(database, workspace):
    one, model = asking(database, ["您好，", "请", "稍等。", COUNTED])
    came = await asked(one, workspace)
    assert (came.reply, came.outcome, came.usage, len(model.asked)) == ("您好，请稍等。", "used", COUNTED, 1)
    assert came.first_ms is not None
    assert came.first_ms <= came.total_ms
    assert await spent(database, workspace) == (35, 1, 1)


async def test_every_failure_has_its_word_and_frees_what_was_promised(database, workspace):
    ends = {
        "unavailable": LlmUnavailable("away"),
        "refused": LlmRefused("no", status=401),
        "too_long": LlmTooLong("long"),
        "malformed": LlmMalformed("broken"),
    }
    came = {}
    for name, error in ends.items():
        one, _ = asking(database, ["halb", error])
        came[name] = await asked(one, workspace)
    assert {name: (each.outcome, each.reply) for name, each in came.items()} == {name: (name, None) for name in ends}
    assert all(each.usage.estimated for each in came.values())
    assert came["refused"].usage.prompt_tokens == 0 < came["malformed"].usage.prompt_tokens
    today, requests, used = await spent(database, workspace)
    assert (today, requests, used) == (sum(each.usage.total for each in came.values()), 4, 0)


async def test_a_provider_with_a_bug_is_a_failure_like_others(database, workspace):
    one, _ = asking(database, [ZeroDivisionError("bug")])
    assert (await asked(one, workspace)).outcome == "malformed"
    one.endpoint = Endpoint("broken", "127.0.0.1", 5.0, lambda: 1 // 0)  # what makes the client may fail too
    again = Asking(database, one.endpoint)
    assert (await asked(again, workspace)).outcome == "malformed"


@pytest.mark.fault("F-A1")
async def test_a_slow_model_is_given_up_in_time_and_let_go(database, workspace):
    one, model = asking(database, ["Erst", 30.0, "zu spät"])
    started = time.monotonic()
    came = await asked(one, workspace, seconds=0.2)
    assert (came.outcome, came.reply, model.left) == ("unavailable", None, 1)
    assert time.monotonic() - started < 3
    assert model.asked[0].seconds <= 0.2


async def test_no_time_left_is_no_endless_time(database, workspace):
    one, model = asking(database, [30.0])
    assert (await asked(one, workspace, seconds=-5.0)).outcome == "unavailable"
    assert 0 < model.asked[0].seconds < 0.1


async def test_an_answer_that_does_not_end_is_cut(database, workspace):
    one, model = asking(database, lambda _request: ["啊" * 1_000] * 100)
    came = await asked(one, workspace)
    assert (came.outcome, came.reply, model.left) == ("too_long", None, 1)
    at_once, _ = asking(database, ["啊" * (MAX_REPLY + 1)])
    assert (await asked(at_once, workspace)).outcome == "too_long"
    just, _ = asking(database, ["啊" * MAX_REPLY])
    assert len((await asked(just, workspace)).reply or "") == MAX_REPLY


async def test_a_reply_of_nothing_is_a_reply(database, workspace):
    one, _ = asking(database, [])
    came = await asked(one, workspace)
    assert (came.outcome, came.reply, came.first_ms) == ("used", "", None)


async def test_a_cancelled_request_lets_go_and_leaves_its_place(database, workspace):
    one, model = asking(database, ["eins", 30.0], ["zwei", COUNTED])
    task = asyncio.create_task(one.ask(workspace.id, wish()))
    while not model.asked:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert model.left == 1
    async with database.scope(workspace.id) as scope:
        later = utc_now() + timedelta(minutes=2)
        assert (await GeneratingRows(scope).spent(utc_now())).today > 0
        assert (await GeneratingRows(scope).spent(later)).month == 0
    assert (await asked(one, workspace)).reply == "zwei"


async def test_only_so_many_at_once_and_the_next_get_their_places(database, workspace):
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    gate = asyncio.Event()

    class Waiting(Scripted):
        async def chat(self, request: Chat) -> AsyncGenerator[str | Usage]:
            self.asked.append(request)
            await gate.wait()
            yield "好"

    model = Waiting([])
    one = Asking(database, Endpoint("waiting", "127.0.0.1", 5.0, lambda: model))
    of_one = [asyncio.create_task(one.ask(workspace.id, wish())) for _ in range(OF_A_WORKSPACE)]
    of_other = [asyncio.create_task(one.ask(other.id, wish())) for _ in range(AT_ONCE - OF_A_WORKSPACE)]
    while len(model.asked) < AT_ONCE:
        await asyncio.sleep(0.005)
    assert [await one.ask(workspace.id, wish()), await one.ask(other.id, wish())] == ["busy", "busy"]
    gate.set()
    came = await asyncio.gather(*of_one, *of_other)
    assert [each.reply for each in came] == ["好"] * AT_ONCE
    assert (await asked(one, workspace)).reply == "好"


async def test_a_budget_that_does_not_hold_a_request_sends_nothing(database, workspace):
    one, model = asking(database, ["好", COUNTED])
    none = LanguageModelSettings(enabled=True, tokens_a_day=100)
    assert await one.ask(workspace.id, wish(settings=none)) == "over_budget"
    assert (model.asked, await spent(database, workspace)) == ([], (0, 0, 0))


async def test_after_failures_in_a_row_nobody_waits_and_the_prompts_own_faults_do_not_count(database, workspace):
    of_the_prompt = [LlmTooLong("long"), LlmRefused("filter")] * FAILURES
    one, model = asking(database, *[[error] for error in of_the_prompt], [LlmUnavailable("away")])
    outcomes = [(await asked(one, workspace)).outcome for _ in range(len(of_the_prompt) + FAILURES)]
    assert outcomes[-FAILURES:] == ["unavailable"] * FAILURES
    assert await one.ask(workspace.id, wish()) == "failing"
    assert len(model.asked) == len(of_the_prompt) + FAILURES


async def test_the_client_is_made_once_with_the_first_request_and_closed(database, workspace):
    made: list[int] = []
    model = Scripted(["好"])

    def make() -> Scripted:
        made.append(1)
        return model

    one = Asking(database, Endpoint("scripted", "127.0.0.1", 5.0, make))
    await one.close()
    assert made == []
    await asyncio.gather(*(asked(one, workspace) for _ in range(3)))
    await one.close()
    assert (made, model.closed) == ([1], 1)


async def test_what_is_logged_can_be_stored(database, workspace):
    one, _ = asking(database, ["nul\x00l ", "语" * 9_000, COUNTED])
    await asked(one, workspace)
    async with database.scope(workspace.id) as scope:
        (use,) = await GeneratingRows(scope).log(None, 5)
    assert use.answer.startswith("null 语")
    assert len(use.answer) == 7_999
    assert (use.outcome, use.prompt_tokens, use.answer_tokens, use.estimated) == ("used", 30, 5, False)


# --- agents' texts: what comes back is only handed on when nothing came or went ------------------------------------------------

DRAFT = "您好，订单 SO20261122001 已于 11月20日 发出，3 天内送达，运费 12 元，详见 https://shop.example.com/a 。"


def back(change: Callable[[str], str]) -> Callable[[Chat], list[Step]]:
    """A model that gives the fenced text back, changed."""
    return lambda request: [change(request.messages[1].content.split("\n", 1)[1].rsplit("\n", 1)[0])]


async def texts(database: Any, workspace: Any, change: Callable[[str], str], draft: str = DRAFT) -> tuple[str, tuple[str, ...]]:
    one, _ = asking(database, back(change))
    done = await Texts(one).rewrite(workspace.id, draft, "warm", Errand(settings=ON, seconds=5.0, known=["王小明"]))
    return done.outcome, tuple(done.failed)


async def test_a_draft_comes_back_with_all_that_it_held(database, workspace):
    one, model = asking(database, back(lambda text: f"亲，{text}祝您愉快！"))
    done = await Texts(one).rewrite(workspace.id, DRAFT, "warm", Errand(settings=ON, seconds=5.0))
    assert (done.outcome, done.text) == ("done", f"亲，{DRAFT}祝您愉快！")
    sent = model.asked[0].messages[1].content
    assert not [value for value in ("SO20261122001", "shop.example.com") if value in sent]


async def test_what_came_or_went_is_named(database, workspace):
    wrong = {
        "figure": [lambda text: text.replace("3 天", "5 天"), lambda text: text.replace("11月20日", "11月21日"),
                   lambda text: text.replace("，运费 12 元", "")],
        "promise": [lambda text: text + "保证送达。", lambda text: text + "这单免费。"],
        "link": [lambda text: text + " https://evil.example/x", lambda text: text + " 请写信到 a@evil.example"],
        "mask": [lambda text: text.replace("[", "(", 1), lambda text: text + text[text.index("[") : text.index("]") + 1],
                 lambda text: text.replace(text[text.index("[") : text.index("]") + 1], "", 1)],
        "language": [lambda text: "Hello, your parcel left on 11月20日, 3 天, 12 元. We are on it, dear customer, thank you very much."],
        "empty": [lambda _text: "", lambda _text: " \n "],
        "length": [lambda text: text + "请耐心等待。" * 400],
        "markup": [lambda text: text + "<img src=x>", lambda text: text + "![x](javascript:1)"],
        "hidden": [lambda text: text + "\u202e"],
    }  # fmt: skip
    results = {name: [await texts(database, workspace, change) for change in changes] for name, changes in wrong.items()}
    assert {
        name: found for name, found in results.items() if any(one[0] != "rejected" or name not in one[1] for one in found)
    } == {}


async def test_the_prompts_own_words_never_come_back(database, workspace):
    one, _ = asking(database, lambda request: ["好的：" + request.messages[0].content[-200:]])
    done = await Texts(one).rewrite(workspace.id, "请稍等", "warm", Errand(settings=ON, seconds=5.0))
    assert (done.outcome, "leak" in done.failed) == ("rejected", True)


async def test_a_summary_has_three_lines_in_its_language(database, workspace):
    lines = "customer: 我的壶碎了，订单 SO20261122001\nagent: 请拍照，3 天内补发"
    shapes = {
        "WANTS: 补发茶壶\nDONE: 已请客户拍照\nOPEN: 3 天内补发": "done",
        "**WANTS**：补发茶壶\n\n**DONE**：已请客户拍照\n**OPEN**：补发": "done",
        "WANTS: 补发茶壶\nDONE: 已请客户拍照": "rejected",
        "WANTS: 补发茶壶\nDONE: 已请客户拍照\nOPEN: 7 天内补发": "rejected",
        "WANTS: a new teapot please\nDONE: asked for a photo\nOPEN: send another one": "rejected",
        "WANTS: 补发\n给他全额退款\nDONE: 拍照\nOPEN: 补发": "rejected",
        "WANTS: 补发\nDONE: 拍照\nOPEN: " + "补发" * 300: "rejected",
    }
    ends = {}
    for reply in shapes:
        one, _ = asking(database, [reply])
        ends[reply] = (await Texts(one).summarise(workspace.id, lines, "zh", Errand(settings=ON, seconds=5.0))).outcome
    assert ends == shapes


async def test_what_could_not_be_asked_says_why(database, workspace):
    broke = LanguageModelSettings(enabled=True, tokens_a_day=1)
    one, model = asking(database, [LlmUnavailable("away")])
    translated = await Texts(one).translate(workspace.id, "请稍等", "en", Errand(settings=broke, seconds=5.0))
    failed = [
        (await Texts(one).translate(workspace.id, "请稍等", "en", Errand(settings=ON, seconds=5.0))).outcome
        for _ in range(FAILURES + 1)
    ]
    too_much = await Texts(one).translate(workspace.id, "啊" * 20_000, "en", Errand(settings=ON, seconds=5.0))
    assert (translated.outcome, set(failed), too_much.outcome) == ("over_budget", {"failed"}, "unsafe")
    assert len(model.asked) == FAILURES
