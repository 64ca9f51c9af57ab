"""The figures at the end of ARCHITECTURE.md, held."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from source import ROOT, SOURCE, is_test, line_count, parsed, python_files, web_files

FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "base", "info"}
CHANNEL_NAMES = sorted(path.parent.name for path in (SOURCE / "channels").glob("*/manifest.toml"))
PUBLIC_DOORS = {"api", "contracts", "events", "errors"}


def test_no_file_needs_scrolling_twice() -> None:
    long = {str(path.relative_to(ROOT)): line_count(path) for path in [*python_files(), *web_files()] if line_count(path) > 400}
    assert long == {}


def test_the_tail_of_file_lengths_is_short() -> None:
    lengths = sorted(line_count(path) for path in python_files())
    assert lengths[int(len(lengths) * 0.95)] <= 250


def test_nothing_outside_its_folder_names_a_channel() -> None:
    pattern = re.compile(r"\b(" + "|".join(CHANNEL_NAMES) + r")\b", re.IGNORECASE)
    inside = SOURCE / "channels"
    naming = [
        str(path.relative_to(ROOT))
        for path in [*python_files(), *web_files()]
        if not path.is_relative_to(inside) and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert naming == []


def test_every_function_says_what_it_returns() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None and node.name != "__init__"
    ]
    assert silent == []


def test_every_module_opens_with_what_it_owns() -> None:
    assert [str(path.relative_to(ROOT)) for path in python_files() if not ast.get_docstring(parsed(path))] == []


def test_public_doors_promise_in_words() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in python_files()
        if (path.stem in PUBLIC_DOORS and "domains" in path.parts) or path.parent.name == "ports"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and node.name not in {"about", "seq"}
        and not _nested(path, node)
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_names_say_something() -> None:
    parts = {
        part for path in python_files() for part in path.relative_to(SOURCE).with_suffix("").parts if "ports" not in path.parts
    }
    assert parts & FORBIDDEN_NAMES == set()


def test_tests_are_at_least_as_long_as_the_source() -> None:
    tests = [
        path
        for path in [*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "demo").rglob("test_*.py")]
        if is_test(path)
    ]
    web_tests = [path for path in (ROOT / "web").rglob("*.test.ts*") if "node_modules" not in path.parts]
    assert sum(map(line_count, [*tests, *web_tests])) >= 0.5 * sum(map(line_count, python_files()))


def test_imports_keep_their_direction() -> None:
    outcome = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout[-3000:]


@pytest.mark.parametrize("path", [path for path in python_files() if "domains" in path.parts], ids=lambda path: str(path.name))
def test_domains_are_entered_by_their_doors(path: Path) -> None:
    own = path.relative_to(SOURCE / "domains").parts[0]
    doors = PUBLIC_DOORS | {"rules", "visitors", "visitor_http"}
    assert [name for name in _imported(path) if _foreign(name, own) and name.split(".")[3] not in doors] == []


def _foreign(name: str, own: str) -> bool:
    parts = name.split(".")
    return len(parts) > 3 and parts[:2] == ["qiao", "domains"] and parts[2] != own


def _imported(path: Path) -> list[str]:
    return [node.module for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom) and node.module]


def _nested(path: Path, node: ast.AST) -> bool:
    inside = [
        child
        for parent in ast.walk(parsed(path))
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(parent)
        if child is not parent
    ]
    return any(isinstance(child, type(node)) and getattr(child, "lineno", 0) == getattr(node, "lineno", -1) for child in inside)
