"""How fast answers are found, without the embedding: `python -m bench.retrieval [entries ...]`.

Synthetic: entries of six short texts, half Chinese and half English, with random unit vectors of 384; questions are texts of the
index with a word changed. Random vectors have no neighbours, so these are times, not quality. CPU time of one thread.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from random import Random
from uuid import UUID

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy starts its threads

import numpy as np
from numpy.typing import NDArray

from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText
from qiao.domains.bot.zones import fit_zones

DIMENSIONS = 384
TEXTS = 6
HAN = [chr(point) for point in range(0x4E00, 0x4E00 + 3_000)]
SYLLABLES = [first + second for first in "bcdfghklmnprst" for second in ("a", "e", "i", "o", "u", "an", "er", "in")]


class Writer:
    """Texts whose words are as unevenly frequent as people's."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._words = ["".join(self._random.choices(SYLLABLES, k=self._random.randint(1, 4))) for _ in range(6_000)]

    def _pick(self, choices: list[str], count: int) -> list[str]:
        return [choices[int(len(choices) * self._random.random() ** 3)] for _ in range(count)]

    def text(self, language: str) -> str:
        if language == "zh":
            return "".join(self._pick(HAN, self._random.randint(6, 18)))
        return " ".join(self._pick(self._words, self._random.randint(4, 11)))


def unit(random: np.random.Generator) -> NDArray[np.float32]:
    row = random.standard_normal(DIMENSIONS, dtype=np.float32)
    return (row / np.linalg.norm(row)).astype(np.float32)


def entries(count: int, seed: int = 0) -> Iterator[Entry]:
    writer, random = Writer(seed), np.random.default_rng(seed)
    for number in range(count):
        language = "zh" if number % 2 else "en"
        texts = tuple(IndexedText(writer.text(language), unit(random)) for _ in range(TEXTS))
        yield Entry(UUID(int=number + 1), "faq", language, texts[0].text, texts)


def resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def percentiles(milliseconds: list[float]) -> str:
    return f"p50 {np.percentile(milliseconds, 50):6.2f} ms   p99 {np.percentile(milliseconds, 99):6.2f} ms"


def timed(count: int) -> None:
    before = resident_mb()
    made = list(entries(count))
    held = resident_mb()
    started = time.process_time()
    index = AnswerIndex.build(made)
    built = time.process_time() - started
    print(f"\n{count:,} entries, {count * TEXTS:,} texts")
    print(
        f"  build        {built:8.2f} s     arrays {index.nbytes / 1e6:,.0f} MB   peak + {resident_mb() - held:,.0f} MB", end=""
    )
    print(f" (the entries handed in: {held - before:,.0f} MB)")

    changes: list[float] = []
    changed = index
    for fresh in entries(30, seed=1):
        started = time.process_time()
        changed = changed.with_changes([fresh], [])
        changes.append((time.process_time() - started) * 1e3)
    print(f"  with_changes {percentiles(changes)}")

    random, writer = np.random.default_rng(2), Writer(2)
    for label, by_meaning in (("words", False), ("fused", True)):
        times: list[float] = []
        for turn in range(200):
            asked = made[int(random.integers(count))]
            question = f"{asked.title} {writer.text(asked.language)[:6]}"
            vector = unit(random) if by_meaning else None
            started = time.process_time()
            index.search(question, vector, language="zh" if turn % 2 else None)
            times.append((time.process_time() - started) * 1e3)
        print(f"  search {label} {percentiles(times)}")

    started = time.process_time()
    fit_zones(index, made)
    print(f"  fit_zones    {time.process_time() - started:8.2f} s")


if __name__ == "__main__":
    for size in [int(argument) for argument in sys.argv[1:]] or [100, 10_000, 100_000]:
        timed(size)
