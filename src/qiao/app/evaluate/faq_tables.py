"""Reading entries and labelled questions from CSV and JSONL, entries from TOML too. Formats: `docs/guide/evaluation.md`."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct

from qiao.kit.errors import QiaoError
from qiao.kit.text import detect_language

_NAMES = UUID("6f0f9c3e-52a1-4c55-9f0b-7a7a4e2f6d10")
_NOT_HERE = frozenset({"", "-"})


class EvaluationTable(QiaoError):
    """A file of entries or questions cannot be read."""

    code = "evaluation.table"
    status = 422


class Asked(Struct, frozen=True):
    """One labelled question; `expected` is an entry's id, None when nothing here answers it. `same`: it and its translations."""

    text: str
    expected: UUID | None
    language: str
    same: frozenset[UUID] = frozenset()


class ReadEntry(Struct, frozen=True):
    """An entry as it stands in a file. `title_id` is the id the file gives it."""

    id: UUID
    title_id: str
    texts: tuple[str, ...]
    language: str
    edited: datetime | None = None


def read_entries(*paths: Path) -> list[ReadEntry]:
    """The entries of files; of those with the same id and language the texts are joined. Raises EvaluationTable."""
    texts: dict[tuple[str, str], list[str]] = {}
    edited: dict[tuple[str, str], datetime | None] = {}
    numbered = ((path, number, record) for path in paths for number, record in enumerate(_records(path), start=1))
    for path, number, record in numbered:
        question = str(record.get("question") or "").strip()
        if not question:
            raise EvaluationTable(f"{path.name}: entry {number} has no question")
        language = str(record.get("language") or "") or detect_language(question, "en")
        key = str(record.get("id") or record.get("slug") or number), language
        texts.setdefault(key, []).extend([question, *_variants(record.get("variants"))])
        edited[key] = _moment(record.get("edited"), f"{path.name}: entry {number}") or edited.get(key)
    return [
        ReadEntry(uuid5(_NAMES, f"{name}\n{language}"), name, tuple(dict.fromkeys(held)), language, edited[name, language])
        for (name, language), held in texts.items()
    ]


def read_questions(path: Path, entries: Sequence[ReadEntry]) -> list[Asked]:
    """The labelled questions of a file. An expected id that no entry has raises EvaluationTable, which names it.

    Where a file has an id in several languages, the entry of the question's language is expected.
    """
    ids = {entry.title_id: entry.id for entry in reversed(entries)}
    spoken = {(entry.title_id, entry.language): entry.id for entry in entries}
    same: dict[str, set[UUID]] = {}
    for entry in entries:
        same.setdefault(entry.title_id, set()).add(entry.id)
    found: list[Asked] = []
    for number, record in enumerate(_records(path), start=1):
        text = str(record.get("question") or record.get("query") or "").strip()
        expected = str(record.get("expected") or "").strip()
        if not text or (expected not in _NOT_HERE and expected not in ids):
            raise EvaluationTable(f"{path.name}: question {number} is empty, or expects {expected!r}, which is no entry's id")
        language = str(record.get("language") or "") or detect_language(text, "en")
        wanted = spoken.get((expected, language), ids.get(expected))
        found.append(Asked(text, wanted, language, frozenset(same.get(expected, ()))))
    return found


def _records(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".toml":
            return tomllib.loads(text).get("entries", [])
        if path.suffix in {".jsonl", ".ndjson"}:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return list(csv.DictReader(text.splitlines(keepends=True)))
    except (OSError, ValueError, csv.Error) as error:
        raise EvaluationTable(f"{path}: {error}") from error


def _moment(written: object, whose: str) -> datetime | None:
    """A date, or a moment, in UTC where it says no zone; TOML has types of its own for them."""
    try:
        moment = datetime.fromisoformat(str(written)) if written else None
    except ValueError as error:
        raise EvaluationTable(f"{whose} was edited {written!r}, which is no date") from error
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _variants(written: object) -> list[str]:
    parts = written if isinstance(written, list) else str(written or "").replace("|", "\n").splitlines()
    return [one for part in parts if (one := str(part).strip())]
