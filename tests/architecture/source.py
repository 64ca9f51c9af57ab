"""The source tree as the architecture tests read it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "qiao"


def is_test(path: Path) -> bool:
    """Tests and their fixtures."""
    return "tests" in path.parts or path.name == "conftest.py" or "testing" in path.parts


def python_files() -> list[Path]:
    """Python source files: no tests, nothing generated."""
    return [path for path in sorted(SOURCE.rglob("*.py")) if not is_test(path) and "generated" not in path.parts]


def web_files() -> list[Path]:
    """TypeScript and Vue source files: no tests, nothing generated, nothing installed."""
    web = ROOT / "web"
    found = [path for pattern in ("*.ts", "*.tsx", "*.vue") for path in web.rglob(pattern)]
    skipped = {"node_modules", "dist", "tests", "gallery"}
    return [
        path for path in sorted(found) if not skipped & set(path.parts) and ".gen." not in path.name and ".test." not in path.name
    ]


def line_count(path: Path) -> int:
    """Physical lines."""
    return path.read_text(encoding="utf-8").count("\n")


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
