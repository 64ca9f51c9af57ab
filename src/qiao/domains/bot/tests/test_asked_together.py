"""Questions of the same moment share a pass of the model: each gets its own row, in turn, and nobody's fault or leaving is another's."""

import asyncio
import threading

import numpy as np
import pytest

from qiao.domains.bot.asked_together import AT_ONCE, TOGETHER, AskedTogether


class Model:
    """Gives each text its length as its row; passes wait until they are let through."""

    def __init__(self) -> None:
        self.passes: list[list[str]] = []
        self.through = threading.Event()
        self.fails_for = ""

    def embed(self, texts):
        self.passes.append(list(texts))
        self.through.wait(5)
        if self.fails_for in texts:
            raise ValueError("engine gone")
        return np.asarray([[len(text)] for text in texts], dtype=np.float32)


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def asked():
    asked = AskedTogether()
    yield asked
    asked.close()


async def busy(model, asked):
    """Every pass is under way."""
    first = [asked.ask(model.embed, "忙" * (at + 1)) for at in range(AT_ONCE)]
    while len(model.passes) < AT_ONCE:
        await asyncio.sleep(0.001)
    return first


async def test_who_asks_alone_waits_for_nobody(model, asked):
    model.through.set()
    assert (await asked.ask(model.embed, "三个字")).tolist() == [3]
    assert model.passes == [["三个字"]]


async def test_who_asks_meanwhile_goes_through_together_and_each_gets_his_own(model, asked):
    first = await busy(model, asked)
    later = [asked.ask(model.embed, "x" * number) for number in range(1, TOGETHER + 3)]
    model.through.set()
    rows = await asyncio.gather(*first, *later)
    assert [int(row[0]) for row in rows] == [1, 2, *range(1, TOGETHER + 3)]
    assert sorted(len(texts) for texts in model.passes[AT_ONCE:]) == [2, TOGETHER]
    assert model.passes[AT_ONCE][0] == "x"


async def test_who_has_given_up_is_left_out(model, asked):
    first = await busy(model, asked)
    gone, stays = asked.ask(model.embed, "走了"), asked.ask(model.embed, "还在")
    gone.cancel()
    model.through.set()
    await asyncio.gather(*first, stays)
    assert model.passes[AT_ONCE:] == [["还在"]]


async def test_a_broken_pass_breaks_its_own_questions_alone(model, asked):
    model.fails_for = "坏"
    first = await busy(model, asked)
    model.through.set()
    await asyncio.gather(*first)
    with pytest.raises(ValueError, match="engine gone"):
        await asked.ask(model.embed, "坏")
    assert (await asked.ask(model.embed, "好")).tolist() == [1]


async def test_two_models_are_never_mixed(model, asked):
    other = Model()
    first = await busy(model, asked)
    mine, theirs = asked.ask(model.embed, "甲"), asked.ask(other.embed, "乙乙")
    model.through.set()
    other.through.set()
    await asyncio.gather(*first, mine, theirs)
    assert (model.passes[AT_ONCE:], other.passes) == ([["甲"]], [["乙乙"]])


async def test_closing_lets_nobody_wait_for_ever(model):
    asked = AskedTogether()
    first = await busy(model, asked)
    waiting = asked.ask(model.embed, "等")
    asked.close()
    model.through.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait(first, timeout=5)
    assert all(one.done() for one in first)
