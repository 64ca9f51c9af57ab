"""The source tree as the architecture tests read it."""

import ast
import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "qiao"


def is_test(path: Path) -> bool:
    """Tests and their fixtures."""
    return "tests" in path.parts or path.name == "conftest.py" or "testing" in path.parts


@cache
def python_files() -> tuple[Path, ...]:
    """Python source files: no tests, nothing generated."""
    return tuple(path for path in sorted(SOURCE.rglob("*.py")) if not is_test(path) and "generated" not in path.parts)


@cache
def web_files() -> tuple[Path, ...]:
    """TypeScript and Vue source files: no tests, nothing generated, nothing installed."""
    return tuple(path for path in _under_web({"tests", "gallery"}) if ".test." not in path.name)


def _under_web(left_out: set[str]) -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT / "web"):
        folders[:] = [name for name in folders if name not in left_out | {"node_modules", "dist"}]
        found += [Path(folder, name) for name in names if name.endswith((".ts", ".tsx", ".vue")) and ".gen." not in name]
    return sorted(found)


@cache
def text_of(path: Path) -> str:
    """What a file says; each is read once."""
    return path.read_text(encoding="utf-8")


def line_count(path: Path) -> int:
    """Physical lines."""
    return text_of(path).count("\n")


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file; each is parsed once."""
    return ast.parse(text_of(path), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file's tree; each tree is walked once."""
    return tuple(ast.walk(parsed(path)))
