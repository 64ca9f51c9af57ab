"""docs/dependencies.md lists every direct dependency, at the version that is locked."""

import json
import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from source import ROOT

ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NOT_USED = re.compile(r"\bA?GPL|\bLGPL")


def listed() -> dict[str, tuple[str, str]]:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    return {name: (version, licence) for name, version, licence, _why in ROW.findall(page)}


def python_versions() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[=<>\[ ]", one)[0].lower() for one in wanted}
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return {one["name"]: one["version"] for one in locked if one["name"] in names}


def web_versions() -> dict[str, str]:
    web = ROOT / "web"
    manifests = [web / "package.json", *web.glob("apps/*/package.json"), *web.glob("packages/*/package.json")]
    read = [json.loads(path.read_text(encoding="utf-8")) for path in manifests]
    kinds = ("dependencies", "devDependencies")
    every = {name: version for one in read for kind in kinds for name, version in one.get(kind, {}).items()}
    return {name: version for name, version in every.items() if not name.startswith("@qiao/")}


def test_every_direct_dependency_is_listed_with_its_locked_version() -> None:
    assert {name: version for name, (version, _licence) in listed().items()} == {**python_versions(), **web_versions()}


def test_every_licence_is_one_we_use() -> None:
    assert {name: licence for name, (_version, licence) in listed().items() if NOT_USED.search(licence)} == {}
