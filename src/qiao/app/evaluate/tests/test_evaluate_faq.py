import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from qiao.app.evaluate.bm25 import Bm25, tokens
from qiao.app.evaluate.faq import EvaluationTable, evaluate_faq, read_entries, read_questions

pytestmark = pytest.mark.slow

ENTRIES = """id,question,variants,answer,language
ship,什么时候发货,多久发货|今天能发吗,一天,zh
ship,When do you ship?,shipping time|has it gone out,one day,en
back,怎么退货,"退货流程
不喜欢能退吗",七天,zh
cost,运费多少,邮费多少钱|包邮吗,12 元,zh
"""
QUESTIONS = """question,expected,language
几时发货,ship,zh
what day do you ship,ship,en
我想退货,back,
邮费贵吗,cost,
今天天气怎么样,-,
"""


class Characters:
    """A stand-in for meaning: how often each character occurs."""

    version, dimensions = "characters", 64

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            np.add.at(row, [ord(one) % 64 for one in text], 1)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    entries, questions = tmp_path / "entries.csv", tmp_path / "questions.csv"
    entries.write_text(ENTRIES, encoding="utf-8")
    questions.write_text(QUESTIONS, encoding="utf-8")
    return entries, questions


def test_a_report_is_whole_and_reads_as_a_table(files: tuple[Path, Path]):
    report = evaluate_faq(*files, embedder=Characters())
    names = [row.name for row in report.rows]
    assert names == ["BM25 (the yardstick)", "words only", "meaning only", "fused", "re-ranked", "learned"]
    assert (report.entries, report.texts, report.questions) == (4, 12, 5)
    assert report.rows[3].at_5 == 1.0
    assert report.unknown is not None
    assert report.unknown.questions == 1
    assert report.zones.answered + report.zones.offered + report.zones.handed_over == pytest.approx(1)
    assert all(name in str(report) for name in names)


def test_each_feature_has_a_row_when_asked_for(files: tuple[Path, Path]):
    plain, told = (evaluate_faq(*files, embedder=Characters(), features=wanted) for wanted in (False, True))
    added = [row.name for row in told.rows[len(plain.rows) :]]
    assert {"- ranks", "- overlap", "- edit distance", "- names, numbers", "- language"} < set(added)
    assert added[-2:] == ["popular by chance", "edited by chance"]
    assert told.rows[: len(plain.rows)] == plain.rows


def test_when_an_entry_was_edited_is_read_and_the_newer_of_two_alike_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("qiao.app.evaluate.faq._model", lambda: None)
    entries, questions = tmp_path / "dated.csv", tmp_path / "asked.csv"
    questions.write_text("question,expected\n怎么退茶,new\n", encoding="utf-8")
    tops: list[float] = []
    for days in (("2020-01-01", "2026-05-01T10:00:00+08:00"), ("2026-05-01", "2020-01-01")):
        lines = [f"{name},怎么退茶{mark},{day}" for name, mark, day in zip(("old", "new"), "呢呀", days, strict=True)]
        entries.write_text("\n".join(["id,question,edited", *lines]), encoding="utf-8")
        assert all(one.edited is not None and one.edited.tzinfo is not None for one in read_entries(entries))
        tops.append(evaluate_faq(entries, questions).rows[4].at_1)
    assert tops == [1.0, 0.0]


def test_toml_has_dates_of_its_own_and_what_is_no_date_is_refused(tmp_path: Path):
    dated = tmp_path / "dated.toml"
    dated.write_text('[[entries]]\nquestion = "怎么退货"\nedited = 2026-05-01\n', encoding="utf-8")
    assert [one.edited for one in read_entries(dated)] == [datetime(2026, 5, 1, tzinfo=UTC)]
    dated.write_text('[[entries]]\nquestion = "怎么退货"\nedited = "last week"\n', encoding="utf-8")
    with pytest.raises(EvaluationTable, match=r"dated\.toml: entry 1 was edited 'last week'"):
        read_entries(dated)


def test_entries_of_two_languages_share_an_id(files: tuple[Path, Path]):
    entries = read_entries(files[0])
    assert len({one.id for one in entries}) == 4
    asked = read_questions(files[1], entries)
    assert asked[0].expected != asked[1].expected
    assert asked[4].expected is None


def test_jsonl_says_the_same_as_csv(files: tuple[Path, Path], tmp_path: Path):
    lines = [{"id": "back", "question": "怎么退货", "variants": ["退货流程"]}, {"id": "back", "question": "不喜欢能退吗"}]
    path = tmp_path / "entries.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    assert [one.texts for one in read_entries(path)] == [("怎么退货", "退货流程", "不喜欢能退吗")]


def test_toml_says_the_same_and_several_files_are_one_set(tmp_path: Path):
    zh, en = tmp_path / "zh.toml", tmp_path / "en.toml"
    zh.write_text('[[entries]]\nslug = "back"\nquestion = "怎么退货"\nvariants = ["退货流程"]\n', encoding="utf-8")
    en.write_text('[[entries]]\nslug = "back"\nquestion = "How do I return it?"\n', encoding="utf-8")
    entries = read_entries(zh, en)
    assert [(one.title_id, one.language, one.texts) for one in entries] == [
        ("back", "zh", ("怎么退货", "退货流程")),
        ("back", "en", ("How do I return it?",)),
    ]


def test_an_answer_in_another_language_than_the_question_is_right_too(files: tuple[Path, Path], tmp_path: Path):
    asked = read_questions(files[1], read_entries(files[0]))
    assert asked[0].expected in asked[0].same
    assert asked[0].same == asked[1].same
    assert (len(asked[0].same), asked[4].same) == (2, frozenset())


@pytest.mark.parametrize("written", ["question,expected\n怎么退货,nowhere\n", "question,expected\n,-\n"])
def test_questions_that_cannot_be_judged_are_refused(written: str, files: tuple[Path, Path], tmp_path: Path):
    path = tmp_path / "wrong.csv"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(EvaluationTable, match=r"wrong\.csv: question 1"):
        read_questions(path, read_entries(files[0]))


@pytest.mark.parametrize("written", ["id,answer\na,b\n", "{"])
def test_entries_that_cannot_be_read_are_refused(written: str, tmp_path: Path):
    path = tmp_path / ("broken.jsonl" if written == "{" else "broken.csv")
    path.write_text(written, encoding="utf-8")
    with pytest.raises(EvaluationTable, match="broken"):
        read_entries(path)


def test_the_yardstick_prefers_rare_terms():
    first, second = uuid4(), uuid4()
    bm25 = Bm25([(first, "怎么退货"), (first, "退货地址"), (second, "怎么换货")])
    assert tokens("退貨 ABC") == ["退", "货", "退货", "abc"]
    assert (bm25.rank("怎么换", second), bm25.rank("怎么换", first)) == (1, 2)
    assert (bm25.rank("天气", first), bm25.best("天气"), Bm25([]).best("天气")) == (None, 0.0, 0.0)
