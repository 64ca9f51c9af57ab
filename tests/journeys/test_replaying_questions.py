"""`qiao replay`: every shape of table, every kind of reply, and a whole run against a desk that listens on a port."""

import asyncio
import contextlib
import csv
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import free_port
from support.process import Process, processes

from qiao.app.replay import ReplayTable, Row, Told, judge, read_table, replay, summarise, table_of, write_report
from qiao.domains.knowledge.contracts import NewFaq

pytestmark = pytest.mark.slow

RETURN = {"entry_id": "0190-return", "title": "怎么退货？", "url": "/help/tea/zh/faq/return", "kind": "faq"}
POSTAGE = {"entry_id": "0190-postage", "title": "运费怎么算？", "url": "/help/tea/zh/articles/yun-fei/", "kind": "article"}


def answer(*sources: dict[str, str]) -> dict[str, Any]:
    return {"type": "answer", "sources": list(sources)}


def offer(*labels: str) -> dict[str, Any]:
    return {"type": "offer", "options": [{"entry_id": f"id-{label}", "label": label} for label in labels]}


HAND_OVER = {"type": "hand_over", "reason": "unsure"}


def table(folder: Path, name: str, text: str) -> list[Row]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_table(file)


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        ("a.csv", "question,expected\n怎么退货,return\n", [Row("怎么退货", "return", "zh")]),
        ("a.csv", "Expected,Question\nreturn,How to return\n", [Row("How to return", "return", "en")]),
        ("a.csv", "expected,question\nreturn,怎么退货\n", [Row("怎么退货", "return", "zh")]),
        ("a.csv", "question,slug\na,b\n", [Row("a", "b", "en")]),
        ("a.csv", "question,expected,language\na,-,zh\n", [Row("a", None, "zh")]),
        ("a.csv", "question,expected,language\na,b,fr\n", [Row("a", "b", "en")]),
        ("a.csv", '"有,逗号的问题",x\n', [Row("有,逗号的问题", "x", "zh")]),
        ("a.csv", "\ufeffquestion,expected\na,b\n", [Row("a", "b", "en")]),
        ("a.csv", "a\n\n  \nb,NONE\n", [Row("a", None, "en"), Row("b", None, "en")]),
        ("a.jsonl", '{"question": "a", "id": "7"}\n\n{"question": "", "id": "8"}\n', [Row("a", "7", "en")]),
        ("a.ndjson", '{"question": " 在吗 ", "expected": "null"}', [Row("在吗", None, "zh")]),
        ("a.json", '{"question": "a", "answer_id": "9", "language": "zh"}', [Row("a", "9", "zh")]),
    ],
)
def test_tables_of_many_shapes_are_read(tmp_path: Path, name: str, text: str, rows: list[Row]):
    assert table(tmp_path, name, text) == rows


@pytest.mark.parametrize(("name", "text"), [("a.csv", ""), ("a.csv", "question,expected\n"), ("a.jsonl", "{"), ("a.jsonl", "\n")])
def test_a_table_without_questions_is_refused_by_name(tmp_path: Path, name: str, text: str):
    with pytest.raises(ReplayTable, match=name):
        table(tmp_path, name, text)


def test_a_table_that_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(ReplayTable):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("expected", "content", "outcome", "right"),
    [
        ("return", answer(RETURN), "right", True),
        ("0190-RETURN", answer(RETURN), "right", True),
        ("怎么退货", answer(RETURN), "right", True),
        ("yun-fei", answer(POSTAGE), "right", True),
        ("return", answer(POSTAGE), "wrong", False),
        ("return", answer(POSTAGE, RETURN), "wrong", False),
        (None, answer(RETURN), "wrong", False),
        ("return", offer("运费怎么算？", "return"), "offered_right", True),
        ("return", offer("运费怎么算？"), "offered", False),
        (None, offer("运费怎么算？"), "offered", True),
        ("return", HAND_OVER, "handed_over", False),
        (None, HAND_OVER, "handed_over", True),
        ("return", None, "other", False),
        (None, None, "other", True),
        (None, {"type": "small_talk"}, "other", True),
    ],
)
def test_a_reply_is_judged_by_what_was_expected(expected, content, outcome, right):
    told = judge(Row("q", expected, "zh"), content, "text", 0.12345678)
    assert (told.outcome, told.right, told.seconds) == (outcome, right, 0.1235)


def told(outcome: str, *, expected: str | None = "x", right: bool = False, seconds: float | None = 0.1) -> Told:
    return Told(
        question="q", expected=expected, outcome=outcome, right=right, said="s", sources=["a", "b"], options=[], reason=None,
        seconds=seconds,
    )  # fmt: skip


@given(st.lists(st.floats(0, 15), min_size=1, max_size=60))
def test_times_are_those_of_somebody(times: list[float]):
    summary = summarise([told("right", seconds=one) for one in times])
    assert summary.p50_seconds in times
    assert summary.p95_seconds in times
    assert min(times) <= summary.p50_seconds <= summary.p95_seconds <= max(times)


def test_a_summary_counts_what_was_asked_and_what_was_not_there():
    summary = summarise([
        told("right", right=True), told("wrong"), told("no_answer", seconds=None), told("handed_over", expected=None, right=True),
    ])  # fmt: skip
    assert (summary.questions, summary.in_scope, summary.in_scope_right) == (4, 3, 1)
    assert (summary.out_of_scope, summary.out_of_scope_right) == (1, 1)
    assert summary.outcomes == {"right": 1, "wrong": 1, "no_answer": 1, "handed_over": 1}


def test_nothing_asked_has_no_share():
    page = table_of(summarise([]))
    assert "0 questions" in page
    assert "–" in page
    assert "p95" not in page


def test_every_outcome_has_a_line():
    page = table_of(summarise([told(name) for name in ("right", "wrong", "offered", "offered_right", "handed_over", "other")]))
    assert page.count("16.7 %") == 6
    assert "p50 100 ms" in page


def test_reports_hold_every_question(tmp_path: Path):
    all_told = [told("right"), told("wrong", seconds=None)]
    write_report(tmp_path / "r.csv", all_told)
    write_report(tmp_path / "r.txt", all_told)
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["right", "wrong"]
    assert rows[0]["sources"] == "a | b"
    lines = [json.loads(line) for line in (tmp_path / "r.txt").read_text(encoding="utf-8").splitlines()]
    assert [line["seconds"] for line in lines] == [0.1, None]


class Served:
    """A process that listens on a port of the loopback, and its shop's inbox."""

    def __init__(self, process: Process, port: int, key: str) -> None:
        self.process, self.url, self.key = process, f"http://127.0.0.1:{port}", key

    async def publish(self, question: str, answer: str, slug: str) -> None:
        async with self.process.scope() as scope:
            new = NewFaq(language="zh", question=question, answer=answer, slug=slug, publish=True)
            await self.process.house.knowledge.faqs.create(scope, new, None)


@pytest.fixture
async def served(postgres_dsn, workspace, tmp_path) -> AsyncIterator[Served]:
    async with processes(postgres_dsn, workspace, tmp_path) as (process,):
        inbox = await process.inbox()
        port = free_port()
        config = uvicorn.Config(process.front, port=port, lifespan="off", log_config=None, ws="websockets-sansio")
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext
        task = asyncio.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        yield Served(process, port, inbox.key)
        server.should_exit = True
        await task


async def test_a_run_asks_as_customers_do(served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    await served.publish("运费怎么算？", "满 199 元包邮。", "postage")
    await served.publish("可以开发票吗？", "可以，随货寄出。", "invoice")
    (tmp_path / "q.csv").write_text("question,expected\n运费怎么算？,postage\n可以开发票吗？,invoice\n", encoding="utf-8")
    summary = await replay(served.url, served.key, tmp_path / "q.csv", report=tmp_path / "r.jsonl")
    assert (summary.questions, summary.in_scope) == (2, 2)
    assert "no_answer" not in summary.outcomes
    assert summary.p95_seconds is not None
    assert len((tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert "2 questions" in capsys.readouterr().out


async def test_one_visitor_may_ask_everything(served: Served, tmp_path: Path):
    await served.publish("运费怎么算？", "满 199 元包邮。", "postage")
    (tmp_path / "q.csv").write_text("运费怎么算？,postage\n运费怎么算？,postage\n", encoding="utf-8")
    summary = await replay(served.url, served.key, tmp_path / "q.csv", same_visitor=True)
    assert summary.questions == 2
    assert "no_answer" not in summary.outcomes


async def test_a_desk_that_is_not_there_answers_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "q.csv").write_text("在吗,-\n", encoding="utf-8")
    summary = await replay(f"http://127.0.0.1:{free_port()}", "key", tmp_path / "q.csv")
    (one,) = summary.told
    assert (one.outcome, one.right, one.seconds) == ("no_answer", False, None)
    assert "ConnectError" in one.said
    assert "no answer" in capsys.readouterr().out
