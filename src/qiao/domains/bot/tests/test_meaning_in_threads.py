"""Meaning with a model that is slow, broken, away or busy: questions go first, nobody waits too long, and words decide meanwhile."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from qiao.domains.bot import meaning as room
from qiao.domains.bot.meaning import QUESTION_WIDTH, TEXT_WIDTH, Meaning, beginning, text_hash
from qiao.kit.errors import Unavailable
from qiao.kit.text import normalise


class Model:
    """A model of four dimensions; `gate` holds every text back, `broken` fails each."""

    version, dimensions = "model-1", 4

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.began: list[str] = []
        self.seen: list[str] = []
        self.broken: Exception | None = None
        self.seconds: dict[str, float] = {}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.began += texts
        self.gate.wait(5)
        time.sleep(self.seconds.get(texts[0][:1], 0.0))
        if self.broken is not None:
            raise self.broken
        self.seen += texts
        return np.stack([np.eye(4, dtype=np.float32)[len(text) % 4] for text in texts])


@pytest.fixture
def model() -> Iterator[Model]:
    one = Model()
    yield one
    one.gate.set()


def meaning_of(*loads: Model | Exception, seconds: float = 2.0) -> tuple[Meaning, list[int]]:
    """Meaning whose loading gives each of `loads` in turn, the last for ever; and how often it was loaded."""
    left, loaded = list(loads), [0]

    def load() -> Model:
        loaded[0] += 1
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return one

    return Meaning(load, question_seconds=seconds), loaded


async def test_the_model_is_loaded_once_however_many_ask(model: Model):
    meaning, loaded = meaning_of(model)
    assert meaning.state == "loading"
    versions = await asyncio.gather(*(meaning.version() for _ in range(8)), *(meaning.of_question(f"问题{n}") for n in range(8)))
    assert versions[:8] == ["model-1"] * 8
    assert (loaded, meaning.state) == ([1], "ready")
    meaning.close()


async def test_without_a_model_words_decide_and_it_is_tried_again_later(model: Model, monkeypatch: pytest.MonkeyPatch):
    meaning, loaded = meaning_of(Unavailable("no weights"), OSError("no file"), model)
    assert [await meaning.of_question("退货"), await meaning.of_texts(["退货"]), await meaning.version()] == [None] * 3
    assert (loaded, meaning.state) == ([1], "unavailable")
    monkeypatch.setattr(room, "RETRY_SECONDS", 0.0)
    assert await meaning.version() is None
    assert await meaning.version() == "model-1"
    assert (loaded, meaning.state) == ([3], "ready")
    meaning.close()


async def test_a_question_waits_no_longer_than_its_time(model: Model):
    meaning, _ = meaning_of(model, seconds=0.05)
    await meaning.version()
    model.gate.clear()
    started = time.monotonic()
    assert await meaning.of_question("退货") is None
    assert time.monotonic() - started < 1
    model.gate.set()
    await asyncio.sleep(0.02)
    assert await meaning.of_question("退货") is not None
    meaning.close()


async def test_many_that_wait_too_long_are_one_line_a_second(model: Model, monkeypatch: pytest.MonkeyPatch):
    meaning, _ = meaning_of(model, seconds=0.03)
    await meaning.version()
    model.gate.clear()
    with capture_logs() as lines:
        await asyncio.gather(*(meaning.of_question(f"退货{n}") for n in range(40)))
        monkeypatch.setattr(room, "_TOLD_SECONDS", 0.0)
        await meaning.of_question("换货")
    assert [(one["log_level"], one["questions"]) for one in lines] == [("warning", 1), ("warning", 40)]
    model.gate.set()
    meaning.close()


async def test_a_model_that_fails_costs_the_meaning_and_not_the_answer(model: Model):
    meaning, _ = meaning_of(model)
    await meaning.version()
    model.broken = RuntimeError("out of memory")
    assert await meaning.of_question("退货") is None
    model.broken = None
    assert await meaning.of_question("退货") is not None
    meaning.close()


@pytest.mark.parametrize("question", ["", "  ", "？！。", "😀🙏", "\u200b\u200d", "---", "\x00"])
async def test_what_has_no_letters_has_no_meaning(model: Model, question: str):
    meaning, _ = meaning_of(model)
    assert await meaning.of_question(question) is None
    assert model.seen == []
    meaning.close()


@pytest.mark.slow
async def test_knowledge_gives_way_to_questions(model: Model):
    meaning, _ = meaning_of(model)
    await meaning.version()
    model.seconds = {"条": 0.005, "问": 0.1}
    knowledge = asyncio.create_task(meaning.of_texts([f"条目{number}" for number in range(20)]))
    await asyncio.sleep(0.03)
    assert await meaning.of_question("问题") is not None
    began, ended = model.began.index("问题"), len(model.began)
    rows = await knowledge
    # The text that was being embedded is finished; the next waits for the question.
    assert ended - began <= 2
    assert len(rows or []) == 20
    assert [text for text in model.began if text != "问题"] == [f"条目{number}" for number in range(20)]
    meaning.close()


async def test_a_model_at_rest_is_loaded_again_by_who_asks_next(model: Model):
    meaning, loaded = meaning_of(model)
    await meaning.of_question("退货")
    meaning.rest(60)
    assert meaning.state == "ready"
    meaning.rest(0)
    assert meaning.state == "loading"
    assert await meaning.of_question("退货") is not None
    assert loaded == [2]
    meaning.close()


async def test_a_model_in_use_does_not_rest(model: Model):
    meaning, _ = meaning_of(model)
    await meaning.version()
    model.gate.clear()
    asking = asyncio.create_task(meaning.of_question("退货"))
    await asyncio.sleep(0.02)
    meaning.rest(0)
    assert meaning.state == "ready"
    model.gate.set()
    assert await asking is not None
    meaning.close()


async def test_texts_are_cut_to_what_is_looked_at(model: Model):
    meaning, _ = meaning_of(model)
    await meaning.of_question("退" * 1_000)
    await meaning.of_texts(["货" * 1_000, "a" * 1_000])
    assert [len(text) for text in model.seen] == [QUESTION_WIDTH // 2, TEXT_WIDTH // 2, TEXT_WIDTH]
    meaning.close()


def test_texts_that_begin_alike_share_a_vector():
    assert text_hash("怎么退货") == text_hash("怎麼退貨") == text_hash(" 怎么退货 ")
    assert text_hash("货" * 200) == text_hash("货" * 500)
    assert text_hash("怎么退货") != text_hash("怎么换货")
    assert text_hash("") == text_hash("   ")


@pytest.mark.slow
@given(st.text(max_size=600), st.integers(1, 300))
def test_a_beginning_is_one_and_fits(text: str, width: int):
    cut = beginning(text, width)
    assert normalise(text).startswith(cut)
    assert sum(1 + (character >= "\u1100") for character in cut) <= width or cut.isascii()
    assert beginning(cut, width) == cut or normalise(cut) != cut
