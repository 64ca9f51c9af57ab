"""What no part of the program does: run text as code, ask a shell, encrypt by a weak mode."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import ROOT, nodes, python_files

RUNS = frozenset({"eval", "exec", "compile", "__import__"})
SHELLS = frozenset({"system", "popen", "create_subprocess_shell", "getoutput", "getstatusoutput"})
WEAK = re.compile(r"modes\.ECB|PKCS1v15|algorithms\.(?:ARC4|TripleDES|Blowfish|RC2|IDEA|SEED)\b|\b(?:DES|ARC4)\.new\(")


def running(path: Path) -> Iterator[str]:
    """What in a file runs text as code. `re.compile` and the like belong to their modules and are no such thing."""
    yield from (node.func.id for node in _calls(path) if isinstance(node.func, ast.Name) and node.func.id in RUNS)


def asking(path: Path) -> Iterator[str]:
    """What in a file asks a shell."""
    for node in _calls(path):
        if isinstance(node.func, ast.Attribute) and node.func.attr in SHELLS:
            yield node.func.attr
        shells = [word.value for word in node.keywords if word.arg == "shell"]
        yield from ("shell" for value in shells if not (isinstance(value, ast.Constant) and value.value is False))


def _calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in nodes(path) if isinstance(node, ast.Call))


def test_nothing_is_run_that_is_text() -> None:
    assert {str(path.relative_to(ROOT)): found for path in python_files() if (found := list(running(path)))} == {}


def test_no_shell_is_asked() -> None:
    """Programs are started by a list of words, which no shell reads."""
    assert {str(path.relative_to(ROOT)): found for path in python_files() if (found := list(asking(path)))} == {}


def test_no_cipher_is_weak() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in python_files()}
    assert {str(path.relative_to(ROOT)): found for path, text in texts.items() if (found := WEAK.findall(text))} == {}
    assert any("AESGCM" in text for text in texts.values())


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("eval('1')", ["eval"]),
        ("exec(text)", ["exec"]),
        ("import os\nos.system('ls')", ["system"]),
        ("import subprocess\nsubprocess.run('ls', shell=True)", ["shell"]),
        ("import subprocess\nsubprocess.run('ls', shell=given)", ["shell"]),
        ("import re, subprocess\nre.compile('x')\nsubprocess.run(['ls'], shell=False)", []),
    ],
)
def test_each_would_be_seen(tmp_path: Path, code: str, found: list[str]) -> None:
    path = tmp_path / "one.py"
    path.write_text(code, encoding="utf-8")
    assert [*running(path), *asking(path)] == found


@pytest.mark.parametrize("code", ["modes.ECB()", "padding.PKCS1v15()", "algorithms.ARC4(key)", "DES.new(key)"])
def test_a_weak_cipher_would_be_seen(code: str) -> None:
    assert WEAK.search(code)
