"""`qiao evaluate intents`: files, their faults, figures."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from qiao.app.cli import main
from qiao.app.evaluate.faq import EvaluationTable
from qiao.app.evaluate.labelled import Labelled, Vectors, read_labelled

TOPICS = ("return_item", "shipping-cost", "invoice")
WORDS = {"return_item": "退货", "shipping-cost": "运费", "invoice": "发票"}
SHAPES = ("{}怎么办", "我想问{}", "请问{}", "{} please", "关于{}")


class Counting:
    """An embedder of a few directions, which counts what it is given."""

    version = "counting-1"
    dimensions = 384

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += texts
        return np.eye(len(texts), 384, dtype=np.float32)


def written(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    path.write_text("label,text\n" + "".join(f"{label},{text}\n" for label, text in rows), encoding="utf-8")
    return path


def test_columns_in_either_order_and_lines_of_json(tmp_path: Path):
    one, other, third = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.jsonl"
    one.write_text('\ufefflabel,text\nbye,"再见，\n明天见"\noos,天气\n,what\n', encoding="utf-8")
    other.write_text("text,category\n你好,hello\n", encoding="utf-8")
    third.write_text('{"label": "hello", "text": "你好"}\n\n{"text": "天气"}\n', encoding="utf-8")
    assert read_labelled(one) == [Labelled("再见，\n明天见", "bye"), Labelled("天气", None), Labelled("what", None)]
    assert read_labelled(other) == [Labelled("你好", "hello")]
    assert read_labelled(third) == [Labelled("你好", "hello"), Labelled("天气", None)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "name,text\nx,y\n", "line 1: the header"),
        ("a.csv", "label,text\nx,y\nx,y,z\n", "line 3: 3 columns instead of 2"),
        ("a.csv", "label,text\nx,y\nx,\n", "line 3: there is no text"),
        ("a.csv", 'label,text\nx,"y\n', "line 2"),
        ("a.csv", "label,text\n", "no messages"),
        ("a.jsonl", '{"label": "x", "text": "y"}\n{oops\n', "line 2"),
        ("a.jsonl", '["x"]\n', "line 1: an object"),
        ("a.jsonl", '{"label": 3, "text": "y"}\n', "line 1: an object"),
    ],
)
def test_faults_name_their_line(tmp_path: Path, name: str, content: str, said: str):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationTable, match=said):
        read_labelled(path)


def test_vectors_are_computed_once_and_kept(tmp_path: Path):
    file, first, second = tmp_path / "v.npz", Counting(), Counting()
    rows = Vectors(first, file).of(["a", "A ", "b"], 100, "test")
    assert first.texts == ["a", "b"]
    assert (rows[0] == rows[1]).all()
    assert (Vectors(second, file).of(["b", "a"], 100, "test") == rows[[2, 0]]).all()
    assert second.texts == []


def test_a_file_that_holds_no_vectors_is_refused(tmp_path: Path):
    file = tmp_path / "v.npz"
    file.write_bytes(b"nothing")
    with pytest.raises(EvaluationTable, match="no file of vectors"):
        Vectors(Counting(), file)


@pytest.mark.slow
def test_the_command_prints_and_writes_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    train = written(tmp_path / "train.csv", [(label, shape.format(WORDS[label])) for label in TOPICS for shape in SHAPES])
    rows = [(label, f"那{WORDS[label]}呢") for label in TOPICS] + [("oos", "qqq zzz"), ("oos", "天气")]
    test = written(tmp_path / "test.csv", rows)
    out = tmp_path / "figures.json"
    given = ["evaluate", "intents", "--no-model", "--train", str(train), "--test", str(test), "--validation", str(test)]
    assert main([*given, "--json", str(out)]) == 0
    figures = json.loads(out.read_bytes())
    assert (figures["intents"], figures["examples"], figures["messages"]) == (3, 15, 5)
    assert figures["ways"][-1] == {"name": "all, weighed", "at_1": 1.0, "at_5": 1.0, "mrr": 1.0}
    assert figures["scope"]["auroc"] == 1.0
    assert "accuracy" not in capsys.readouterr().err


@pytest.mark.slow
def test_faults_end_the_command_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    train = written(tmp_path / "train.csv", [("a", "x"), ("b", "y")])
    test = written(tmp_path / "test.csv", [("c", "z")])
    given = ["evaluate", "intents", "--no-model", "--train", str(train), "--test"]
    assert main([*given, str(test)]) == 2
    assert "no example in" in capsys.readouterr().err
    assert main([*given, str(tmp_path / "absent.csv")]) == 2
    assert "absent.csv" in capsys.readouterr().err
    assert main([*given, str(train), "--oos-share", "2"]) == 2
