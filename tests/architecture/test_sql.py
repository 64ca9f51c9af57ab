"""The SQL: every statement on a tenant table names the workspace, so that no query can reach across companies by mistake."""

import ast
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from qiao.app.tables import metadata

sys.path.insert(0, str(Path(__file__).parent))
from source import ROOT, SOURCE, parsed, python_files

pytestmark = pytest.mark.slow

TENANT_TABLES = sorted(table.name for table in metadata.sorted_tables if "workspace_id" in table.columns)
_NAMED = re.compile(r"\b(?:from|join|into|update)\s+(?:only\s+)?(" + "|".join(TENANT_TABLES) + r")\b(?!\s*\()", re.IGNORECASE)
_STATEMENT = re.compile(r"\b(select|insert\s+into|update|delete\s+from|with)\b", re.IGNORECASE)

FILLED = "⟦⟧"

# Part of a statement's text -> why it may look across workspaces. Those that look
# across hand every row on with the workspace it belongs to.
ACROSS = {
    "delete from password_resets where expires_at < now()": "what is over its time is forgotten, whose it was",
    "select * from conversations where ⟦⟧ order by": "a view: its list of conditions begins with workspace_id = $1",
}


def constants(path: Path) -> list[tuple[int, str]]:
    """(line, text) of every string that is written as one: concatenations and f-strings are joined; a named text of the module is put
    in, anything else leaves FILLED.
    """
    found: list[tuple[int, str]] = []
    inside: set[int] = set()
    tree = parsed(path)
    named: dict[str, str] = {}
    for node in tree.body:
        text = _text(node.value, named) if isinstance(node, ast.Assign) else None
        named.update(
            {target.id: text for target in getattr(node, "targets", []) if text is not None and isinstance(target, ast.Name)}
        )
    for node in ast.walk(tree):
        text = _text(node, named) if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) else None
        if text is not None and id(node) not in inside:
            found.append((getattr(node, "lineno", 0), text))
            inside.update(id(child) for child in ast.walk(node))
    return found


def _text(node: ast.AST, named: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return named.get(node.id)
    if isinstance(node, ast.FormattedValue):
        # A constant of another module is put in by its name: it is written by us too.
        constant = node.value.id if isinstance(node.value, ast.Name) and node.value.id.isupper() else None
        return _text(node.value, named) or constant
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, named) or FILLED for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, named), _text(node.right, named)
        known = left is not None or right is not None
        return f"{left or FILLED}{right or FILLED}" if known else None
    return None


def docstrings(path: Path) -> set[str]:
    """Texts that are for people."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(parsed(path)) if isinstance(node, kinds)]
    first = [statement for body in bodies for statement in body if isinstance(statement, ast.Expr)]
    return {statement.value.value for statement in first if isinstance(statement.value, ast.Constant)}


def statements() -> list[tuple[str, str]]:
    """(where, SQL) of every statement that names a tenant table."""
    found: list[tuple[str, str]] = []
    for path in python_files():
        prose = docstrings(path)
        for line, text in constants(path):
            if text not in prose and _NAMED.search(text) and _STATEMENT.search(text):
                found.append((f"{path.relative_to(ROOT)}:{line}", text))
    return found


STATEMENTS = statements()


def test_the_statements_are_found() -> None:
    files = {where.split(":")[0] for where, _ in STATEMENTS}
    assert len(STATEMENTS) > 100
    assert "src/qiao/domains/conversations/repository.py" in files
    assert {table for _, text in STATEMENTS for table in _NAMED.findall(text)} >= {
        "conversations",
        "messages",
        "contacts",
        "log_events",
    }


@pytest.mark.parametrize(("where", "text"), STATEMENTS, ids=[where.removeprefix("src/qiao/") for where, _ in STATEMENTS])
def test_a_statement_on_a_tenant_table_names_the_workspace(where: str, text: str) -> None:
    allowed = [reason for part, reason in ACROSS.items() if part in text]
    assert "workspace_id" in text or allowed, f"{where} names {_NAMED.findall(text)} and no workspace"


def test_a_statement_that_forgets_the_workspace_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "forgetful.py"
    file.write_text('async def f(c, i):\n    await c.fetch("select * from " f"contacts where id = {i}")\n', encoding="utf-8")
    (statement,) = [text for _, text in constants(file) if _NAMED.search(text)]
    assert "workspace_id" not in statement


def test_nothing_is_allowed_that_is_not_there() -> None:
    unused = [part for part in ACROSS if not any(part in text for _, text in STATEMENTS)]
    assert unused == []


def test_values_are_bound_and_never_written_into_the_text() -> None:
    """A quote right before or after a place that is filled in: the way injections are made."""
    filled = re.compile(f"'{FILLED}|{FILLED}'")
    assert [where for where, text in STATEMENTS if filled.search(text)] == []


def test_only_the_database_room_opens_connections() -> None:
    allowed = {"platform/db", "platform/bus"}
    opened = [
        str(path.relative_to(SOURCE))
        for path in python_files()
        if re.search(r"asyncpg\.(connect|create_pool)\(", path.read_text(encoding="utf-8"))
        and not any(str(path.relative_to(SOURCE)).startswith(room) for room in allowed)
    ]
    assert opened == []
