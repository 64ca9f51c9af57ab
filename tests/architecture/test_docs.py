"""The pages say what is so: links lead somewhere, commands and settings exist, every domain is on the map, every fact in its page."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from dev.commands import COMMANDS
from source import ROOT, SOURCE

from qiao.app.cli import main
from qiao.platform.settings import Settings

LEFT_OUT = {"node_modules", "content", "test-results"}
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    every = [path for pattern in ("*.md", "docs/**/*.md", "src/**/*.md", "bench/**/*.md") for path in ROOT.glob(pattern)]
    return [path for path in sorted(every) if not LEFT_OUT & set(path.relative_to(ROOT).parts)]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    links = [link.partition("#") for link in LINK.findall(text) if "://" not in link]
    targets = [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in links]
    assert [str(path) for path, _ in targets if not path.exists()] == []
    assert [(str(path), anchor) for path, anchor in targets if anchor and anchor not in anchors(path)] == []


def test_every_domain_is_on_the_map() -> None:
    domains = {path.parent.name for path in (SOURCE / "domains").glob("*/__init__.py")}
    page = text_of("ARCHITECTURE.md")
    rows = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    ranks = page.split("Ranks, high to low:")[1].split("```")[1].split()
    assert (domains - rows, domains ^ set(ranks)) == (set(), set())


def test_the_ranks_on_the_map_are_those_that_are_checked() -> None:
    checked = text_of(".importlinter").split("containers = qiao.domains")[1].split("layers =")[1].split("\n\n")[0]
    shown = text_of("ARCHITECTURE.md").split("Ranks, high to low:")[1].split("```")[1]
    assert [set(line.replace("|", " ").split()) for line in checked.strip().splitlines()] == [
        set(line.split()) for line in shown.strip().splitlines()
    ]


@pytest.mark.parametrize("name", ["README.md", "README.zh.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_commands_that_are_named_exist(name: str) -> None:
    assert set(re.findall(r"\./dev ([a-z]+)", text_of(name))) <= set(COMMANDS)


def test_commands_of_the_program_that_are_named_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE))
    there = text_of("ARCHITECTURE.md").split("## Planned")[0] + text_of("docs/guide/start.md")
    assert set(re.findall(r"`?qiao (serve|worker|migrate|setup|replay|backup|restore|doctor|import)\b", there)) <= known


@pytest.mark.parametrize("name", ["docs/guide/start.md", "docs/guide/start.zh.md"])
def test_every_setting_is_explained_and_none_that_is_not(name: str) -> None:
    explained = set(re.findall(r"^\| `(QIAO_\w+)` \|", text_of(name), re.MULTILINE))
    assert explained == {f"QIAO_{field.upper()}" for field in Settings.__struct_fields__}


def test_every_guide_is_there_in_both_languages() -> None:
    guides = {path.name for path in (ROOT / "docs" / "guide").glob("*.md")}
    assert {name.replace(".zh.md", ".md") for name in guides if name.endswith(".zh.md")} == {
        name for name in guides if not name.endswith(".zh.md")
    }


def test_every_fact_is_named_in_a_subsystem_page() -> None:
    facts = {
        name
        for path in SOURCE.glob("domains/*/events.py")
        for name in re.findall(r'wire_name = "(\w+\.\w+)\.v\d+"', path.read_text(encoding="utf-8"))
    }
    told = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "subsystems").glob("*.md"))
    assert sorted(name for name in facts if name not in told and f"`{name.split('.')[1]}`" not in told) == []
