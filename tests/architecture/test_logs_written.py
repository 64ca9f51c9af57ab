"""docs/trust/logs.md says who writes lines and where they go; nothing else does, and nothing sends them on."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import SOURCE, nodes, python_files, text_of
from tables_of_pages import named, rows

PAGE = "docs/trust/logs.md"
HANDLERS = re.compile(
    r"\w*(?:File|SysLog|HTTP|SMTP|Socket|Datagram|NTEvent|Memory|Queue|Stream)Handler|addHandler|dictConfig|fileConfig|addAudithook"
)
SENDERS = re.compile(
    r"^(?:sentry_sdk|opentelemetry|logging_loki|logstash|fluent|rollbar|bugsnag|datadog|newrelic|syslog|systemd)(?:\.|$)"
)


def parts() -> set[str]:
    """The names under which the program writes lines."""
    return {
        ast.literal_eval(node.args[0])
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "structlog.get_logger" and node.args
    }


def elsewhere(path: Path) -> Iterator[str]:
    """What in a file hands lines to another place than the program's own stream."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            yield from [name] if HANDLERS.fullmatch(name) else []
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (name for name in names if SENDERS.match(name))


def appends(path: Path) -> bool:
    """Whether a file of the source appends to a file of the disk."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and node.attr == "O_APPEND":
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"open", "fdopen"}:
            words = [*node.args, *(one.value for one in node.keywords if one.arg == "mode")]
            if any(isinstance(one, ast.Constant) and one.value in {"a", "ab", "at", "a+", "ab+"} for one in words):
                return True
    return False


def test_every_part_that_writes_lines_is_in_the_table() -> None:
    said = {named(part)[0] for part, _ in rows(PAGE, "Parts")}
    assert (sorted(parts() - said), sorted(said - parts())) == ([], [])


def test_every_stream_says_where_it_goes_who_reads_it_and_how_long() -> None:
    assert [row for row in rows(PAGE, "Streams") if len(row) != 7 or not all(row)] == []


def test_lines_go_to_the_one_stream_and_are_sent_nowhere() -> None:
    assert {str(path.relative_to(SOURCE)): found for path in python_files() if (found := list(elsewhere(path)))} == {}
    assert [
        str(path.relative_to(SOURCE))
        for path in python_files()
        if "LogSink(" in text_of(path) and "class LogSink" not in text_of(path)
    ] == ["platform/observe/logs.py"]
    assert "LogSink(sys.stderr)" in text_of(SOURCE / "platform/observe/logs.py")


def test_only_what_is_listed_appends_to_a_file() -> None:
    said = [named(module)[0] for _, module in rows(PAGE, "Files")]
    assert sorted(path.relative_to(SOURCE).as_posix() for path in python_files() if appends(path)) == sorted(said)


def test_only_commands_print() -> None:
    prints = {
        path.relative_to(SOURCE).as_posix()
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    }
    assert [one for one in prints if not one.startswith("app/")] == []


@pytest.mark.parametrize(
    "code",
    ["import logging\nlogging.handlers.SysLogHandler()", "import sentry_sdk", "import logging\nlogging.getLogger().addHandler(x)",
     "from opentelemetry import trace"],
)  # fmt: skip
def test_another_way_would_be_seen(tmp_path: Path, code: str) -> None:
    path = tmp_path / "one.py"
    path.write_text(code, encoding="utf-8")
    assert list(elsewhere(path))


@pytest.mark.parametrize(
    "code", ["open('x', 'a')", "path.open('ab')", "path.open(mode='a')", "os.open(x, os.O_WRONLY | os.O_APPEND)"]
)
def test_another_file_would_be_seen(tmp_path: Path, code: str) -> None:
    path = tmp_path / "one.py"
    path.write_text(code, encoding="utf-8")
    assert appends(path)
