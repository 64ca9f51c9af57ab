"""`./dev new`: what it writes and where, and what it refuses. That the result passes the checks is tried by ./dev check itself."""

import ast
import re
import shutil
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "architecture"))

from dev.machine import ROOT, StepFailed
from dev.new import make, read_arguments
from test_revisions import backfill_faults, faults

from qiao.platform.db.revisions import Revision

EXAMPLE = next(path.parent for path in ROOT.glob("src/qiao/channels/*/manifest.toml") if "\nexample = true\n" in path.read_text())
EDITED = (".importlinter", "ARCHITECTURE.md", "src/qiao/app/house.py", "src/qiao/app/asgi.py", "src/qiao/platform/db/migrate.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The files that a new domain changes, as they are today."""
    for name in EDITED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def made(root: Path, *arguments: str) -> set[str]:
    return {str(path.relative_to(root)) for path in make(read_arguments(arguments), root)}


def test_a_domain_gets_its_folder_its_rank_its_migration_and_its_place_in_the_house(root: Path) -> None:
    files = made(root, "domain", "callbacks", "--above", "conversations")
    folder = "src/qiao/domains/callbacks/"
    own = {"__init__", "api", "contracts", "errors", "events", "http", "repository", "rules", "tables"}
    assert {f"{folder}{name}.py" for name in own} <= files
    assert {f"{folder}tests/test_callbacks_{name}.py" for name in ("api", "http", "rules")} <= files
    ranks = (root / ".importlinter").read_text().split("containers = qiao.domains")[1].split()
    assert ranks[ranks.index("conversations") - 1] == "callbacks"
    page = (root / "ARCHITECTURE.md").read_text()
    assert "\ncallbacks\nconversations\n" in page
    assert "| `callbacks` | named callbacks | [callbacks](docs/subsystems/callbacks.md) |" in page
    assert "docs/subsystems/callbacks.md" in files
    assert "self.callbacks = Callbacks(database)" in (root / "src/qiao/app/house.py").read_text()
    assert '    "callbacks",\n)' in (root / "src/qiao/app/asgi.py").read_text()


def test_the_first_migration_follows_the_newest_and_becomes_it(root: Path) -> None:
    head = (root / "src/qiao/platform/db/migrate.py").read_text().split('HEAD = "')[1][:4]
    files = made(root, "domain", "replies", "--above", "people")
    number = f"{int(head) + 1:04d}"
    migration = (root / "migrations/versions" / f"{number}_replies.py").read_text()
    assert f'revision = "{number}"\ndown_revision = "{head}"' in migration
    assert f'HEAD = "{number}"' in (root / "src/qiao/platform/db/migrate.py").read_text()
    assert "src/qiao/platform/db/migrate.py" in files


@pytest.mark.parametrize(
    ("arguments", "one"),
    [
        (("domain", "replies", "--above", "people"), "class Reply("),
        (("domain", "call_rings", "--above", "people"), "class CallRing("),
        (("domain", "staff", "--above", "people", "--one", "member"), "class Member("),
    ],
)
def test_one_of_them_is_named_as_people_name_it(root: Path, arguments: tuple[str, ...], one: str) -> None:
    made(root, *arguments)
    assert one in (root / "src/qiao/domains" / arguments[1] / "contracts.py").read_text()


def test_a_channel_is_its_folder_alone(root: Path) -> None:
    files = made(root, "channel", "telegraph")
    example = {path for path in EXAMPLE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert files == {
        f"src/qiao/channels/telegraph/{path.relative_to(EXAMPLE)}".replace(EXAMPLE.name, "telegraph") for path in example
    }
    manifest = tomllib.loads((root / "src/qiao/channels/telegraph/manifest.toml").read_text())
    assert (manifest["name"], manifest["title"], "example" in manifest) == (
        "telegraph",
        dict.fromkeys(("zh", "en"), "Telegraph"),
        False,
    )


@pytest.mark.parametrize("name", ["telegraph", "a1", "zz_top"])
def test_a_channel_is_the_example_under_its_own_name(root: Path, name: str) -> None:
    files = [root / file for file in made(root, "channel", name)]
    first = EXAMPLE.name.partition("_")[0]
    assert [path.name for path in files if first in path.read_text().lower() or "\u9e3d" in path.read_text()] == []
    imports = (root / "src/qiao/channels" / name / "adapter.py").read_text().split("from qiao.kit")[0]
    channels = [line for line in imports.splitlines() if line.startswith("from qiao.channels.")]
    assert channels == sorted(channels)
    assert f"from qiao.channels.{name} import codec" in channels


@pytest.mark.parametrize("page", ["new-channel.md", "new-channel.zh.md"])
def test_the_tutorial_shows_the_example_as_it_is(page: str) -> None:
    text = (ROOT / "docs" / "tutorials" / page).read_text(encoding="utf-8")
    shown = re.findall(r"^```(?:python|toml)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    held = level("".join(path.read_text() for path in EXAMPLE.rglob("*") if path.suffix in {".py", ".toml"}))
    assert len(shown) >= 6
    assert [block for block in shown if level(block) not in held] == []


def level(text: str) -> str:
    """Without indentation: a method is shown outside its class."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


@pytest.mark.parametrize("arguments", [("domain", "callbacks", "--above", "people"), ("channel", "telegraph")], ids=" ".join)
def test_nothing_of_the_template_is_left_over(root: Path, arguments: tuple[str, ...]) -> None:
    made(root, *arguments)
    written = [path for path in root.rglob("*") if path.is_file() and arguments[1] in str(path)]
    assert [path.name for path in written if "@thing" in path.read_text().lower() or path.suffix == ".tmpl"] == []
    assert all(ast.parse(path.read_text()) for path in written if path.suffix == ".py")


@pytest.mark.parametrize(
    "arguments",
    [
        ("domain", "Callbacks", "--above", "people"),
        ("domain", "utils", "--above", "people"),
        ("domain", "callbacks", "--above", "nobody"),
        ("domain", "staff", "--above", "people"),
        ("channel", "../webchat"),
        ("channel", "registry"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_made_changes_nothing(root: Path, arguments: tuple[str, ...]) -> None:
    before = {path: path.read_text() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(StepFailed):
        made(root, *arguments)
    assert {path: path.read_text() for path in root.rglob("*") if path.is_file()} == before


def test_what_is_there_already_is_not_written_over(root: Path) -> None:
    made(root, "channel", "telegraph")
    with pytest.raises(StepFailed, match="already"):
        made(root, "channel", "telegraph")


def test_a_domain_must_be_placed() -> None:
    with pytest.raises(SystemExit):
        read_arguments(("domain", "callbacks"))


def test_a_migration_follows_the_newest_in_its_phases(root: Path) -> None:
    head = (root / "src/qiao/platform/db/migrate.py").read_text().split('HEAD = "')[1][:4]
    number = f"{int(head) + 1:04d}"
    files = made(root, "migration", "nicknames")
    assert files == {f"migrations/versions/{number}_nicknames.py", "src/qiao/platform/db/migrate.py"}
    text = (root / "migrations/versions" / f"{number}_nicknames.py").read_text()
    assert f'revision = "{number}"\ndown_revision = "{head}"' in text
    module = ModuleType("nicknames")
    exec(compile(text, "nicknames.py", "exec"), module.__dict__)
    example = Revision(number, module)
    assert example.later == ("backfill", "sweep", "contract")
    assert list(faults(example.expand(), example.contract())) == []
    assert [list(backfill_faults(one)) for one in example.backfills] == [[]]
