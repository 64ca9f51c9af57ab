"""`./dev new channel NAME`, `./dev new domain NAME --above DOMAIN` and `./dev new migration NAME`: what passes `./dev check` from its
first minute.

A channel is its folder and nothing else: a copy, under the new name, of the one that is kept as the example. A domain is its folder, its
place in the ranks and on the map, its page, its first migration, and the places of `app` where a room is made and handed to routes; those
are edited here so that nobody forgets one.
"""

import ast
import re
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dev.machine import ROOT, StepFailed

TEMPLATES = Path(__file__).with_name("templates")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_NOT_NAMES = frozenset({"utils", "helpers", "common", "manager", "misc", "base", "data", "info", "registry", "tests", "new"})
_HEAD = re.compile(r'^HEAD = "(\d{4})"$', re.MULTILINE)


def read_arguments(arguments: Sequence[str]) -> Namespace:
    """What is to be made. Ends the program with a usage line when it is not understood."""
    parser = ArgumentParser(prog="./dev new", description="Make a channel, a domain or a migration that passes ./dev check.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="channel|domain|migration")
    channel = kinds.add_parser("channel", help="one way customers reach a company: one folder")
    channel.add_argument("name", help="small letters, digits, underscores: the folder's name")
    domain = kinds.add_parser("domain", help="a room of the product, placed in the ranks")
    domain.add_argument("name", help="a plural noun: callbacks")
    domain.add_argument("--above", required=True, metavar="DOMAIN", help="the domain right below it in the ranks")
    domain.add_argument("--one", metavar="NOUN", help="the singular, when it is not the name without its s")
    migration = kinds.add_parser("migration", help="the next revision of the schema, in its phases")
    migration.add_argument("name", help="what it brings: moods_of_messages")
    return parser.parse_args(arguments)


def make(given: Namespace, root: Path = ROOT) -> list[Path]:
    """Write what was asked for below `root`; the files written or changed. Raises StepFailed, and then nothing was changed."""
    makers = {"channel": _channel, "domain": _domain, "migration": _migration}
    changes = makers[given.kind](root, given)
    for path, text in changes.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(changes)


def _channel(root: Path, given: Namespace) -> dict[Path, str]:
    """The example's files with the new name in place of its own."""
    name = given.name
    folder = _free_folder(root / "src" / "qiao" / "channels", name)
    example, titles = _example()
    title = name.replace("_", " ").capitalize()
    words = {
        "example = true\n": "",
        " · ".join(titles): title,
        **dict.fromkeys(titles, title),
        example.name: name,
        _capitals(example.name): _capitals(name),
        example.name.replace("_", "-"): name.replace("_", "-"),
    }
    files = sorted(path for path in example.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {
        folder / _renamed(str(path.relative_to(example)), words): _sorted(_renamed(path.read_text(encoding="utf-8"), words))
        for path in files
    }


def _example() -> tuple[Path, list[str]]:
    """The folder of the channel that is kept to be copied, and its titles."""
    for path in sorted((ROOT / "src" / "qiao" / "channels").glob("*/manifest.toml")):
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        if manifest.get("example"):
            return path.parent, list(manifest["title"].values())
    raise StepFailed("no channel is the example", "one manifest.toml in src/qiao/channels says example = true")


def _renamed(text: str, words: Mapping[str, str]) -> str:
    return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], text)


def _sorted(text: str) -> str:
    """Imports of channels in the order of their names, whatever the new name is."""
    return re.sub(
        r"(?:^from qiao\.channels\..*\n)+", lambda found: "".join(sorted(found[0].splitlines(True))), text, flags=re.MULTILINE
    )


def _domain(root: Path, given: Namespace) -> dict[Path, str]:
    name, source = given.name, root / "src" / "qiao"
    folder = _free_folder(source / "domains", name)
    one = given.one or _singular(name)
    if not _NAME.fullmatch(one) or one == name:
        raise StepFailed(f"what is one of {name}?", f"./dev new domain {name} --above {given.above} --one NOUN")
    words = {
        "things": name,
        "thing": one,
        "Things": _capitals(name),
        "Thing": _capitals(one),
    }
    return {
        **_filled(TEMPLATES / "domain", folder, words),
        root / "docs" / "subsystems" / f"{name}.md": _fill(
            (TEMPLATES / "page" / "subsystem.md.tmpl").read_text(encoding="utf-8"), words
        ),
        root / "ARCHITECTURE.md": _mapped(root / "ARCHITECTURE.md", name, given.above),
        **_revised(root, "tables", words),
        root / ".importlinter": _ranked(root / ".importlinter", name, given.above),
        source / "app" / "house.py": _housed(source / "app" / "house.py", words, given.above),
        source / "app" / "asgi.py": _injected(source / "app" / "asgi.py", name),
    }


def _migration(root: Path, given: Namespace) -> dict[Path, str]:
    """The next revision, with an example of each of its phases."""
    if not _NAME.fullmatch(given.name):
        raise StepFailed(
            f"{given.name!r} cannot be a name here", "small letters, digits and underscores: what the revision brings"
        )
    return _revised(root, "phases", {"things": given.name, "title": given.name.replace("_", " ").capitalize()})


def _revised(root: Path, template: str, words: Mapping[str, str]) -> dict[Path, str]:
    """The next revision from a template, and the program that knows it."""
    head = root / "src" / "qiao" / "platform" / "db" / "migrate.py"
    previous = _found(_HEAD, head.read_text(encoding="utf-8"), head)[1]
    number = f"{int(previous) + 1:04d}"
    text = (TEMPLATES / "migration" / f"{template}.py.tmpl").read_text(encoding="utf-8")
    return {
        root / "migrations" / "versions" / f"{number}_{words['things']}.py": _fill(
            text, {**words, "previous": previous, "revision": number}
        ),
        head: _HEAD.sub(f'HEAD = "{number}"', head.read_text(encoding="utf-8")),
    }


def _free_folder(parent: Path, name: str) -> Path:
    if not _NAME.fullmatch(name) or name in _NOT_NAMES:
        raise StepFailed(
            f"{name!r} cannot be a name here", "small letters, digits and underscores, and a word that says something"
        )
    if (parent / name).exists():
        raise StepFailed(f"there is a {name} already", f"look into {parent.name}/{name}, or choose another name")
    return parent / name


def _capitals(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name.removesuffix("ies") + "y"
    return name.removesuffix("s")


def _filled(templates: Path, folder: Path, words: Mapping[str, str]) -> dict[Path, str]:
    files = sorted(templates.rglob("*.tmpl"))
    return {
        folder / _fill(str(file.relative_to(templates)).removesuffix(".tmpl"), words): _fill(
            file.read_text(encoding="utf-8"), words
        )
        for file in files
    }


def _fill(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda found: words.get(found[1], found[0]), text)


def _ranked(path: Path, name: str, above: str) -> str:
    """The import rules with a line of its own for the new domain."""
    return _placed(path.read_text(encoding="utf-8"), "containers = qiao.domains", f"    {name}\n", above)


def _mapped(path: Path, name: str, above: str) -> str:
    """The map with the new domain among the ranks, and its row behind that of the domain below it."""
    text = _placed(path.read_text(encoding="utf-8"), "Ranks, high to low:", f"{name}\n", above)
    row = _found(re.compile(rf"^\| `{above}` \|.*\n", re.MULTILINE), text, path)
    return f"{text[: row.end()]}| `{name}` | named {name} | [{name}](docs/subsystems/{name}.md) |\n{text[row.end() :]}"


def _placed(text: str, start: str, line: str, above: str) -> str:
    """`text` with `line` directly above the first line after `start` that holds the word `above`."""
    lines = text.splitlines(keepends=True)
    first = next((at for at, one in enumerate(lines) if one.startswith(start)), len(lines))
    for at in range(first, len(lines)):
        if above in re.split(r"[\s|]+", lines[at].strip()):
            return "".join([*lines[:at], line, *lines[at:]])
    raise StepFailed(f"there is no domain {above} in the ranks", "the ranks are in .importlinter, highest first")


def _housed(path: Path, words: Mapping[str, str], above: str) -> str:
    """The house with the new room made right after the one below it."""
    text = path.read_text(encoding="utf-8")
    made = next((node for node in ast.walk(ast.parse(text)) if _makes(node, above)), None)
    if made is None or made.end_lineno is None:
        raise StepFailed(f"{path.name} makes no {above}", f"is there a line self.{above} = ... in {path.name}?")
    lines = text.splitlines(keepends=True)
    lines.insert(made.end_lineno, f"        self.{words['things']} = {words['Things']}(database)\n")
    return _with_import("".join(lines), f"from qiao.domains.{words['things']}.api import {words['Things']}\n")


def _makes(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(one, ast.Attribute) and one.attr == name for one in node.targets)


def _with_import(text: str, line: str) -> str:
    """`line` among the imports of the domains, in their order."""
    lines = text.splitlines(keepends=True)
    domains = [at for at, one in enumerate(lines) if one.startswith("from qiao.domains.")]
    at = next((at for at in domains if lines[at] > line), domains[-1] + 1)
    return "".join([*lines[:at], line, *lines[at:]])


def _injected(path: Path, name: str) -> str:
    """The names that routes may ask for, with the new room's behind them."""
    text = path.read_text(encoding="utf-8")
    found = _found(re.compile(r"^_INJECTED = \(\n(?:    .*\n)+", re.MULTILINE), text, path)
    return text[: found.end()] + f'    "{name}",\n' + text[found.end() :]


def _found(pattern: re.Pattern[str], text: str, path: Path) -> re.Match[str]:
    found = pattern.search(text)
    if found is None:
        raise StepFailed(f"{path.name} does not look as expected", f"mend tools/dev/new.py, which looks for {pattern.pattern!r}")
    return found


def told(paths: Iterable[Path], root: Path = ROOT) -> str:
    """What was made, a line a file."""
    return "\n".join(f"    {path.relative_to(root)}" for path in paths)
