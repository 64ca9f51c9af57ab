"""The figures at the end of ARCHITECTURE.md, held."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from source import ROOT, SOURCE, is_test, line_count, nodes, parsed, python_files, text_of, web_files

pytestmark = pytest.mark.slow

FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "base", "info"}
CHANNEL_NAMES = sorted(path.parent.name for path in (SOURCE / "channels").glob("*/manifest.toml"))
PUBLIC_DOORS = {"api", "contracts", "events", "errors"}
TESTS_TO_SOURCE = 1
SIMULATORS = re.compile(r"simulator\.py|_simulating\.py")


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
        if not path.is_relative_to(inside) and pattern.search(text_of(path))
    ]
    assert naming == []


def test_every_function_says_what_it_returns() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in python_files()
        for node in nodes(path)
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
        for node in _public_definitions(parsed(path))
        if node.name not in {"about", "seq"} and not ast.get_docstring(node)
    ]
    assert bare == []


def test_names_say_something() -> None:
    parts = {
        part for path in python_files() for part in path.relative_to(SOURCE).with_suffix("").parts if "ports" not in path.parts
    }
    assert parts & FORBIDDEN_NAMES == set()


def test_tests_keep_up_with_the_source() -> None:
    """Python against Python. Shared suites and the simulators of platforms stand on the side of the tests."""
    tests = [
        path
        for path in [*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "demo").rglob("test_*.py")]
        if is_test(path)
    ]
    played = [path for path in python_files() if path.parent == SOURCE / "ports" / "testing" or SIMULATORS.search(path.name)]
    source = set(python_files()) - set(played)
    assert sum(map(line_count, [*tests, *played])) >= TESTS_TO_SOURCE * sum(map(line_count, source))


def test_imports_keep_their_direction() -> None:
    outcome = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout[-3000:]


def test_domains_are_entered_by_their_doors() -> None:
    """R3. The composition root makes the rooms and may reach in; nobody else may."""
    through_the_wall = [
        f"{path.relative_to(ROOT)} {name}"
        for path in python_files()
        if not path.is_relative_to(SOURCE / "app")
        for name in _imported(path)
        if _room(name) not in {None, _room_of(path)} and name.split(".")[3] not in PUBLIC_DOORS
    ]
    assert through_the_wall == []


def test_a_wall_that_is_climbed_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "climbing.py"
    file.write_text(
        "import qiao.domains.people.tables\nfrom qiao.domains.bot import zones\nfrom qiao.domains.contacts.rules import clean\n"
        "def late():\n    from qiao.domains.people.access import allows\n",
        encoding="utf-8",
    )
    assert {name.rsplit(".", 1)[-1] for name in _imported(file) if _room(name)} >= {"tables", "zones", "clean", "allows"}
    assert all(name.split(".")[3] not in PUBLIC_DOORS for name in _imported(file))


def test_nothing_imports_itself_in_a_circle() -> None:
    """The largest circle of modules that import one another at the start has no members: Tarjan's strongly connected components."""
    names = {_module(path): path for path in python_files()}
    graph = {
        name: {found for one in _at_the_start(path) if (found := _known(one, names)) != name} - {""}
        for name, path in names.items()
    }
    assert [circle for circle in _circles(graph) if len(circle) > 1] == []


def _public_definitions(tree: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Classes, functions and methods whose names have no underscore before them; what stands inside a function is nobody's door."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_"):
                yield node
            if isinstance(node, ast.ClassDef):
                yield from _public_definitions(node)


def _room(name: str) -> str | None:
    parts = name.split(".")
    return parts[2] if len(parts) > 3 and parts[:2] == ["qiao", "domains"] else None


def _room_of(path: Path) -> str | None:
    return path.relative_to(SOURCE / "domains").parts[0] if path.is_relative_to(SOURCE / "domains") else None


def _imported(path: Path) -> list[str]:
    """Every name a module imports, wherever in it, as module.name."""
    return [name for node in nodes(path) for name in _names(node)]


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []


def _at_the_start(path: Path) -> list[str]:
    return [name for node in parsed(path).body for name in _names(node)]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def _known(name: str, names: Mapping[str, Path]) -> str:
    """The module of ours that `name` is, or is from; empty for those of others."""
    return name if name in names else name.rpartition(".")[0] if name.rpartition(".")[0] in names else ""


def _circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in graph[name]:
            if other not in order:
                visit(other)
            if other in stack:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == order[name]:
            circles.append(stack[stack.index(name) :])
            del stack[stack.index(name) :]

    for name in graph:
        if name not in order:
            visit(name)
    return circles
