"""Files of labelled messages, and the vectors of texts kept in a file between runs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from qiao.app.evaluate.faq import EvaluationTable
from qiao.domains.bot.meaning import beginning
from qiao.kit.arrays import NDArray, Vector, np
from qiao.ports.embedder import Embedder

NO_INTENT = frozenset({"", "oos", "-"})
_LABELS = ("label", "intent", "category")
_TEXTS = ("text", "utterance", "question")
_TELL_SECONDS = 5.0
_HASH_BYTES = 16
_TOGETHER = 8
"""Texts embedded in one call: about half the time of one after the other."""


class Labelled(Struct, frozen=True):
    """A message and its intent's label; None: out of scope."""

    text: str
    label: str | None


def read_labelled(path: Path) -> list[Labelled]:
    """The messages of a file: CSV with the columns `label` and `text` in either order, or JSONL with these fields.

    The label `oos`, `-` or nothing means out of scope. Raises EvaluationTable, which names file and line.
    """
    try:
        written = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationTable(f"{path}: {error}") from error
    rows = _json_rows(path, written) if path.suffix in {".jsonl", ".ndjson"} else _csv_rows(path, written)
    found: list[Labelled] = []
    for line, label, text in rows:
        if not any(map(str.isalnum, text)):
            raise EvaluationTable(f"{path}, line {line}: there is no text")
        found.append(Labelled(text, None if label.strip() in NO_INTENT else label.strip()))
    if not found:
        raise EvaluationTable(f"{path}: there are no messages in it")
    return found


def _csv_rows(path: Path, written: str) -> Iterator[tuple[int, str, str]]:
    reader = csv.reader(io.StringIO(written), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        label = next((header.index(name) for name in _LABELS if name in header), None)
        text = next((header.index(name) for name in _TEXTS if name in header), None)
        if label is None or text is None:
            raise EvaluationTable(
                f"{path}, line 1: the header has to name the columns label and text, and says {','.join(header)!r}"
            )
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise EvaluationTable(f"{path}, line {reader.line_num}: {len(row)} columns instead of {len(header)}")
            yield reader.line_num, row[label], row[text]
    except csv.Error as error:
        raise EvaluationTable(f"{path}, line {reader.line_num}: {error}") from error


def _json_rows(path: Path, written: str) -> Iterator[tuple[int, str, str]]:
    for line, one in enumerate(written.split("\n"), start=1):
        if not one.strip():
            continue
        try:
            record = json.loads(one)
        except ValueError as error:
            raise EvaluationTable(f"{path}, line {line}: {error}") from error
        text = record.get("text") if isinstance(record, dict) else None
        label = record.get("label", "") if isinstance(record, dict) else None
        if not isinstance(text, str) or not isinstance(label, str | None):
            raise EvaluationTable(f"{path}, line {line}: an object with the texts label and text is expected")
        yield line, label or "", text


class Vectors:
    """Texts' unit rows, computed once; with `file` they are read from there and kept there."""

    def __init__(self, embedder: Embedder, file: Path | None = None, say: Callable[[str], None] | None = None) -> None:
        self._embedder = embedder
        self._file = file
        self._say = say or _to_stderr
        self._known: dict[bytes, Vector] = {}
        self.embedding_ms: list[float] = []
        if file is not None and file.exists():
            self._read(file)

    def of(self, texts: Sequence[str], width: int, what: str) -> NDArray[np.float32]:
        """One row a text, of its `beginning`."""
        cuts = [beginning(text, width) for text in texts]
        missing = [cut for cut in dict.fromkeys(cuts) if _key(cut) not in self._known]
        told = time.monotonic()
        for start in range(0, len(missing), _TOGETHER):
            part = missing[start : start + _TOGETHER]
            began = time.perf_counter()
            self._known.update(zip(map(_key, part), self._embedder.embed(part), strict=True))
            self.embedding_ms += [(time.perf_counter() - began) * 1_000 / len(part)] * len(part)
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                self._say(f"{what}: {start + len(part):,} of {len(missing):,} texts embedded")
        if missing and self._file is not None:
            self._write(self._file)
        return np.stack([self._known[_key(cut)] for cut in cuts]).astype(np.float32)

    def _read(self, file: Path) -> None:
        try:
            with np.load(file, allow_pickle=False) as stored:
                if str(stored["version"]) == self._embedder.version:
                    self._known = dict(zip((bytes(key) for key in stored["keys"]), stored["rows"], strict=True))
        except (OSError, ValueError, KeyError) as error:
            raise EvaluationTable(f"{file} is no file of vectors: {error}") from error

    def _write(self, file: Path) -> None:
        keys = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, _HASH_BYTES)
        rows = np.stack(list(self._known.values())).astype(np.float32)
        with file.open("wb") as out:
            np.savez(out, version=np.asarray(self._embedder.version), keys=keys, rows=rows)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _key(cut: str) -> bytes:
    return hashlib.sha256(cut.encode("utf-8", "replace")).digest()[:_HASH_BYTES]
