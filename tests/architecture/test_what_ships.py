"""What is installed holds no tests, and a server loads nothing that is for trying, measuring or reading as an example."""

import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import ROOT, SOURCE

from qiao.app.asgi import make_litestar

pytestmark = pytest.mark.slow

READ = """
import importlib
import sys
import qiao.app.background
import qiao.app.cli
import qiao.app.house
import qiao.app.wiring
from qiao.app.later import LATER
from qiao.app.server import make_litestar
from qiao.channels.registry import load_channels
load_channels()
make_litestar()
for name in LATER:
    importlib.import_module(name)
print("\\n".join(name for name in sys.modules if name.startswith("qiao")))
"""
TRYING = re.compile(r"simulat|\.phones|\.testing|\.evaluate|\.demo\b|\.tests\b|conftest|pigeon|\.replay$")
THERE = {
    "qiao.app.evaluate": "how the command `qiao evaluate` is called",
    "qiao.app.evaluate.command": "the same",
    "qiao.channels.pigeon_post": "the example of a channel: offered to nobody unless a setting says so",
    "qiao.channels.pigeon_post.adapter": "the same",
    "qiao.channels.pigeon_post.codec": "the same",
}


def left_out() -> list[str]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return told["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"]


def test_no_test_is_installed() -> None:
    files = [
        path.relative_to(ROOT).as_posix() for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    installed = [name for name in files if not any(fnmatch(name, pattern) for pattern in left_out())]
    assert len(installed) > 500
    assert [name for name in installed if re.search(r"(?:^|/)(?:test_[^/]*|conftest)\.py$|/tests/", name)] == []


def test_a_server_loads_nothing_that_is_for_trying() -> None:
    said = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True).stdout.split()
    assert len(said) > 300
    assert {name for name in said if TRYING.search(name)} == set(THERE)


def test_no_route_of_a_server_is_for_trying() -> None:
    """Two try what a company has set: its own tool, and its own shop."""
    found = {route.path for route in make_litestar().routes if re.search("phone|simulat|demo|debug|test", route.path)}
    assert found == {"/api/v1/bot/tools/http/{tool_id:uuid}/test", "/api/v1/commerce/settings/test"}
