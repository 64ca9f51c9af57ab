"""`qiao replay`: asks a table of questions through the public door, as customers would, and compares the replies with what is expected.

A table is CSV (a header with `question` and `expected`, or the first two columns) or JSONL (`question`, `expected`). What is expected is
an entry's id, its slug or its title; empty or `-` when nothing here answers the question, and then an offer or a person is right.
"""

import asyncio
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from qiao.kit.errors import Invalid
from qiao.kit.text import normalise

ANSWER_SECONDS = 15.0
SESSION_SECONDS = 120.0
TOO_MANY = 429
LANGUAGES = frozenset({"zh", "en"})
_NOTHING = frozenset({"", "-", "none", "null"})
Outcome = Literal["right", "wrong", "offered_right", "offered", "handed_over", "other", "no_answer"]

_SHOWN: Mapping[Outcome, str] = {
    "right": "answered right",
    "wrong": "answered wrong",
    "offered_right": "offered, the right one among them",
    "offered": "offered without the right one",
    "handed_over": "handed over",
    "other": "said something else",
    "no_answer": "no answer",
}


class Row(Struct, frozen=True):
    """A question of the table. `expected` is None when nothing answers it."""

    question: str
    expected: str | None
    language: str


class Told(Struct, frozen=True, kw_only=True):
    """What came of one question. `seconds` from sending to the reply."""

    question: str
    expected: str | None
    outcome: Outcome
    right: bool
    said: str
    sources: list[str]
    options: list[str]
    reason: str | None
    seconds: float | None


class Summary(Struct, frozen=True, kw_only=True):
    """All questions together. Times in seconds; None when nothing was answered."""

    questions: int
    outcomes: dict[str, int]
    in_scope: int
    in_scope_right: int
    out_of_scope: int
    out_of_scope_right: int
    p50_seconds: float | None
    p95_seconds: float | None
    told: list[Told]


class ReplayTable(Invalid):
    """The table cannot be read."""

    code = "replay.table"


async def replay(  # noqa: PLR0913 - the options of a command
    base_url: str,
    inbox_key: str,
    file: Path | str,
    concurrency: int = 4,
    report: Path | str | None = None,
    *,
    same_visitor: bool = False,
) -> Summary:
    """Ask every question of `file`, print a table, write `report` (.jsonl or .csv) when given. Raises ReplayTable.

    Each question is a new visitor in a new conversation; with `same_visitor` all are one visitor's, one after another.
    """
    rows = read_table(Path(file))
    gate = asyncio.Semaphore(1 if same_visitor else max(1, concurrency))
    async with httpx.AsyncClient(base_url=base_url, timeout=30, trust_env=False) as http:
        token = await _session(http, inbox_key, "zh") if same_visitor else None

        async def ask(row: Row) -> Told:
            async with gate:
                return await _asked(http, inbox_key, row, token)

        told = await asyncio.gather(*(ask(row) for row in rows))
    summary = summarise(told)
    sys.stdout.write(table_of(summary) + "\n")
    if report is not None:
        write_report(Path(report), told)
    return summary


def read_table(file: Path) -> list[Row]:
    """The rows of a CSV or JSONL file. Raises ReplayTable."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        records = _jsonl(text) if file.suffix in {".jsonl", ".ndjson", ".json"} else _csv(text)
    except (OSError, UnicodeError, ValueError) as error:
        raise ReplayTable(f"{file.name} cannot be read: {error}") from None
    rows = [_row(record) for record in records if str(record.get("question", "")).strip()]
    if not rows:
        raise ReplayTable(f"{file.name} holds no questions")
    return rows


def summarise(told: Sequence[Told]) -> Summary:
    """Counts and times of what was told."""
    times = sorted(one.seconds for one in told if one.seconds is not None)
    known = [one for one in told if one.expected is not None]
    unknown = [one for one in told if one.expected is None]
    return Summary(
        questions=len(told),
        outcomes={name: count for name, count in Counter(one.outcome for one in told).items()},  # noqa: C416 - a plain dict
        in_scope=len(known),
        in_scope_right=sum(one.right for one in known),
        out_of_scope=len(unknown),
        out_of_scope_right=sum(one.right for one in unknown),
        p50_seconds=_quantile(times, 0.5),
        p95_seconds=_quantile(times, 0.95),
        told=list(told),
    )


def table_of(summary: Summary) -> str:
    """The summary for a terminal."""
    lines = [f"{summary.questions} questions"]
    for outcome, words in _SHOWN.items():
        count = summary.outcomes.get(outcome, 0)
        lines.append(f"  {words:<36} {count:>6}  {_percent(count, summary.questions)}")
    lines.append(
        f"  {'in scope, right or offered':<36} {summary.in_scope_right:>6}  {_percent(summary.in_scope_right, summary.in_scope)}"
    )
    share = _percent(summary.out_of_scope_right, summary.out_of_scope)
    lines.append(f"  {'out of scope, rightly not answered':<36} {summary.out_of_scope_right:>6}  {share}")
    if summary.p50_seconds is not None and summary.p95_seconds is not None:
        lines.append(f"  time to the reply: p50 {summary.p50_seconds * 1000:.0f} ms, p95 {summary.p95_seconds * 1000:.0f} ms")
    return "\n".join(lines)


def write_report(file: Path, told: Sequence[Told]) -> None:
    """Every question with what was said, as CSV or, by any other name, JSONL."""
    records = [msgspec.to_builtins(one) for one in told]
    with file.open("w", encoding="utf-8", newline="") as out:
        if file.suffix != ".csv":
            out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            return
        writer = csv.DictWriter(out, list(Told.__struct_fields__))
        writer.writeheader()
        writer.writerows({**one, "sources": " | ".join(one["sources"]), "options": " | ".join(one["options"])} for one in records)


def judge(row: Row, content: Mapping[str, Any] | None, text: str, seconds: float) -> Told:
    """Compare one reply with what was expected."""
    content = content or {}
    sources = _names(content.get("sources", []), "title")
    options = _names(content.get("options", []), "label")
    outcome: Outcome = "other"
    if content.get("type") == "answer":
        outcome = "right" if _matches(row.expected, content["sources"][:1], "title") else "wrong"
    elif content.get("type") == "offer":
        outcome = "offered_right" if _matches(row.expected, content["options"], "label") else "offered"
    elif content.get("type") == "hand_over":
        outcome = "handed_over"
    right = outcome in {"right", "offered_right"} if row.expected is not None else outcome in {"offered", "handed_over", "other"}
    return Told(
        question=row.question,
        expected=row.expected,
        outcome=outcome,
        right=right,
        said=text,
        sources=sources,
        options=options,
        reason=content.get("reason"),
        seconds=round(seconds, 4),
    )


def _matches(expected: str | None, entries: Sequence[Mapping[str, Any]], title: str) -> bool:
    if expected is None:
        return False
    wanted = _plain(expected)
    return any(wanted in _handles(entry, title) for entry in entries)


def _handles(entry: Mapping[str, Any], title: str) -> set[str]:
    """What an entry may be called by: its id, its title, the last part of its address."""
    slug = urlsplit(str(entry.get("url") or "")).path.rstrip("/").rpartition("/")[2]
    return {_plain(str(one)) for one in (entry.get("entry_id", ""), entry.get(title, ""), slug) if one}


def _plain(text: str) -> str:
    return normalise(text).strip(" ?!.,;:。、")


def _names(entries: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    return [str(entry.get(key, "")) for entry in entries]


async def _asked(http: httpx.AsyncClient, inbox_key: str, row: Row, token: str | None) -> Told:
    try:
        token = token or await _session(http, inbox_key, row.language)
        url = str(http.base_url).rstrip("/").replace("http", "ws", 1) + "/visitor/v1/live"
        async with connect(url, proxy=None, open_timeout=20) as socket:
            await socket.send(json.dumps({"type": "hello", "token": token, "epoch": None, "after": 0}))
            await _frame(socket, "welcome")
            return await _answered(socket, row)
    except (httpx.HTTPError, OSError, TimeoutError, WebSocketException) as error:
        nothing = judge(row, None, f"{type(error).__name__}: {error}", 0.0)
        return msgspec.structs.replace(nothing, outcome="no_answer", right=False, seconds=None)


async def _answered(socket: ClientConnection, row: Row) -> Told:
    started = time.perf_counter()
    message = await _reply_to(socket, row.question)
    told = judge(row, message["content"], message["text"], time.perf_counter() - started)
    if told.outcome == "offered" and row.expected is not None and await _chosen_right(socket, row, message["content"]["options"]):
        return msgspec.structs.replace(told, outcome="offered_right", right=True)
    return told


async def _chosen_right(socket: ClientConnection, row: Row, options: Sequence[Mapping[str, Any]]) -> bool:
    """Choose the options one by one: an offer names no slugs, the answers' addresses do."""
    for option in options:
        message = await _reply_to(socket, str(option["label"]), str(option["entry_id"]))
        if judge(row, message["content"], "", 0.0).outcome == "right":
            return True
    return False


async def _reply_to(socket: ClientConnection, text: str, option: str | None = None) -> dict[str, Any]:
    """Send a message as a widget does and wait for the bot's next text."""
    chosen = {"option": option} if option else {}
    await socket.send(json.dumps({"type": "send", "client_id": str(uuid4()), "text": text, "attachments": [], **chosen}))
    after: int | None = None
    while True:
        frame = await _frame(socket, "ack", "message", "refused")
        if frame["type"] == "refused":
            raise TimeoutError(str(frame.get("code")))
        if frame["type"] == "ack":
            after = int(frame["seq"])
        elif after is not None and _is_reply(frame["message"], after):
            return frame["message"]


def _is_reply(message: Mapping[str, Any], after: int) -> bool:
    return message["author"]["kind"] == "bot" and message["kind"] == "text" and message["seq"] > after


async def _frame(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            frame = json.loads(await socket.recv())
            if frame.get("type") in kinds:
                return frame


async def _session(http: httpx.AsyncClient, inbox_key: str, language: str) -> str:
    """A new visitor's token. Over the rate of new visitors it waits as long as it is told."""
    body = {"inbox_key": inbox_key, "locale": "en" if language == "en" else "zh-CN"}
    async with asyncio.timeout(SESSION_SECONDS):
        while True:
            answer = await http.post("/visitor/v1/sessions", json=body)
            if answer.status_code != TOO_MANY:
                answer.raise_for_status()
                return str(answer.json()["token"])
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))


def _jsonl(text: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _csv(text: str) -> list[Mapping[str, Any]]:
    lines = list(csv.reader(text.splitlines()))
    names = [name.strip().lower() for name in lines[0]] if lines else []
    if "question" in names:
        return [dict(zip(names, line, strict=False)) for line in lines[1:]]
    return [dict(zip(("question", "expected", "language"), line, strict=False)) for line in lines]


def _row(record: Mapping[str, Any]) -> Row:
    question = str(record["question"]).strip()
    expected = next((record[name] for name in ("expected", "entry", "slug", "id", "answer_id") if record.get(name)), "")
    kept = None if str(expected).strip().lower() in _NOTHING else str(expected).strip()
    language = str(record.get("language") or "")
    return Row(question, kept, language if language in LANGUAGES else ("en" if question.isascii() else "zh"))


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %" if whole else "    –"
