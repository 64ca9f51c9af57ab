"""The table that a replay reads, how replies are judged, what it writes."""

import json
from pathlib import Path

import pytest

from qiao.app.replay import ReplayTable, Row, judge, read_table, summarise, table_of, write_report


def test_a_table_is_read(tmp_path: Path):
    file = tmp_path / "q.csv"
    file.write_text("question,expected\n怎么退货,return\nWho won?,-\n", encoding="utf-8")
    assert read_table(file) == [Row("怎么退货", "return", "zh"), Row("Who won?", None, "en")]
    bare = tmp_path / "bare.csv"
    bare.write_text("怎么退货,return\n", encoding="utf-8")
    assert read_table(bare) == [Row("怎么退货", "return", "zh")]
    lines = tmp_path / "q.jsonl"
    lines.write_text(json.dumps({"question": "a", "expected": None, "language": "zh"}), encoding="utf-8")
    assert read_table(lines) == [Row("a", None, "zh")]
    with pytest.raises(ReplayTable):
        read_table(tmp_path / "absent.csv")


def test_replies_are_judged():
    source = {"entry_id": "x-1", "title": "怎么退货？", "url": "/help/tea/zh/faq/return", "kind": "faq"}
    answer = {"type": "answer", "sources": [source]}
    right = [judge(Row("q", name, "zh"), answer, "t", 0.1).outcome for name in ("return", "X-1", "怎么退货", "other")]
    assert right == ["right", "right", "right", "wrong"]
    offer = {"type": "offer", "options": [{"entry_id": "x-1", "label": "怎么退货？"}]}
    assert judge(Row("q", "x-1", "zh"), offer, "t", 0.1).right
    assert [judge(Row("q", None, "zh"), one, "t", 0.1).right for one in (answer, offer, {"type": "hand_over"})] == [
        False,
        True,
        True,
    ]


def test_a_report_is_written(tmp_path: Path):
    told = [judge(Row("怎么退货", "return", "zh"), {"type": "hand_over", "reason": "unsure"}, "请稍候", 0.2)]
    summary = summarise(told)
    assert (summary.in_scope, summary.in_scope_right, summary.p50_seconds) == (1, 0, 0.2)
    assert "handed over" in table_of(summary)
    write_report(tmp_path / "r.csv", told)
    write_report(tmp_path / "r.jsonl", told)
    assert "怎么退货" in (tmp_path / "r.csv").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "r.jsonl").read_text(encoding="utf-8"))["reason"] == "unsure"
