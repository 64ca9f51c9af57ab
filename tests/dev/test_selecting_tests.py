"""Which tests run when: the three steps of `./dev test` leave nothing out, and the fast one imports nothing that it leaves out."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from dev import commands

MARKS = ("database", "browser", "slow", "property", "faults_long")


@pytest.fixture
def expressions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The marker expressions of `./dev test`, in order."""
    run: list[str] = []
    monkeypatch.setattr(commands, "_set_up", lambda *_, **__: None)
    monkeypatch.setattr(commands, "ensure_browser", lambda _: None)
    monkeypatch.setattr(commands, "ensure_mail_servers", lambda _: False)
    monkeypatch.setattr(commands, "openly", lambda command, **_: run.append(command[-1]) or 0)
    assert commands.main(["test"]) == 0
    return run


def chosen(expression: str, marks: set[str]) -> bool:
    return bool(eval(expression, {"__builtins__": {}}, {name: name in marks for name in MARKS}))


def test_every_test_is_in_one_step(expressions: list[str]) -> None:
    for number in range(2 ** (len(MARKS) - 1)):
        marks = {name for place, name in enumerate(MARKS) if number >> place & 1}
        assert sum(chosen(expression, marks) for expression in expressions) == 1, marks


@pytest.mark.parametrize("beside", [set(), {"database"}, {"slow"}, {"database", "slow", "property"}])
def test_long_faults_are_in_none(expressions: list[str], beside: set[str]) -> None:
    assert not any(chosen(expression, {"faults_long", *beside}) for expression in expressions)


@pytest.fixture
def hook(request: pytest.FixtureRequest):
    """The root conftest's hook, asked about a file under a marker expression."""
    plugin = request.config.pluginmanager.get_plugin(str(ROOT / "conftest.py"))

    def hook(path: Path, expression: str) -> bool | None:
        return plugin.pytest_ignore_collect(path, SimpleNamespace(getoption=lambda _: expression))

    return hook


@pytest.fixture
def module(tmp_path: Path):
    def module(text: str, name: str = "test_it.py") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return module


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("pytestmark = pytest.mark.database\n", True),
        ("pytestmark = [pytest.mark.database, pytest.mark.slow]\n", True),
        ("pytestmark = [\n    pytest.mark.slow,\n]\n", True),
        ("pytestmark = [\n    pytest.mark.asyncio,\n    pytest.mark.browser,\n]\n", True),
        ("pytestmark = pytest.mark.asyncio\n", None),
        ("@pytest.mark.database\ndef test_one(): ...\n", None),
        ("# pytestmark = pytest.mark.database\n", None),
        ("", None),
    ],
)
def test_a_module_is_left_out_when_all_of_it_is(hook, module, text: str, left_out: bool | None) -> None:
    assert hook(module(text), "not database and not browser and not slow and not property") is left_out


@pytest.mark.parametrize("expression", ["", "database", "(database or slow) and not browser", "not database or slow"])
def test_other_runs_look_at_every_module(hook, module, expression: str) -> None:
    assert hook(module("pytestmark = pytest.mark.database\n"), expression) is None


@pytest.mark.parametrize("mark", ["database", "slow"])
def test_the_thorough_step_looks_at_every_module_it_runs(hook, module, expressions: list[str], mark: str) -> None:
    assert hook(module(f"pytestmark = pytest.mark.{mark}\n"), expressions[1]) is None


def test_the_browsers_step_reads_what_tells_stories_alone(hook, module, tmp_path: Path) -> None:
    (tmp_path / "browser").mkdir()
    assert hook(module("def test_one(): ...\n"), "browser") is True
    assert hook(module("@pytest.mark.browser\ndef test_one(): ...\n", "test_told.py"), "browser") is None
    assert hook(module("def test_one(): ...\n", "browser/test_marked_by_its_folder.py"), "browser") is None
    assert hook(tmp_path, "browser") is None


def test_a_folder_named_like_what_is_left_out_is_left_out(hook, tmp_path: Path) -> None:
    assert hook(tmp_path / "browser", "not browser") is True
    assert hook(tmp_path / "journeys", "not browser") is None


def test_what_is_no_module_is_not_read(hook, tmp_path: Path) -> None:
    assert hook(tmp_path / "absent.md", "not slow") is None


async def test_who_asks_for_the_database_is_marked_so(request: pytest.FixtureRequest, database) -> None:
    assert request.node.get_closest_marker("database")
    assert database is not None


def test_who_does_not_ask_is_not_marked(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("database") is None


@pytest.mark.parametrize(("codes", "status"), [([0, 0], 0), ([1, 0], 1), ([0, 5], 0), ([2, 1], 1)])
def test_every_step_runs_and_one_that_fails_is_named(codes, status, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [(f"step {number}", lambda code=code: code) for number, code in enumerate(codes)]
    assert commands._all_of(steps, fine=(0, 5)) == status
    printed = capsys.readouterr().out
    assert all(f"step {number}" in printed for number in range(len(codes)))
    assert ("✓ all well" in printed) is (status == 0)
