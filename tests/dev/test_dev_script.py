"""The pure parts of `./dev`: stamps, which Node will do, what counts as a whole build, whose environment is used."""

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from dev import commands, stamps
from dev.browser import find_chromium
from dev.machine import StepFailed, clean_environment, quietly
from dev.node import is_new_enough, missing_faces, parse_version

from qiao.platform.settings import read_settings


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v20.19.1\n", (20, 19, 1)),
        ("24.19.0", (24, 19, 0)),
        ("v22.12.0-nightly", (22, 12, 0)),
        ("", None),
        ("command not found", None),
    ],
)
def test_node_version_is_read_from_what_node_says(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ((18, 20, 0), False),
        ((20, 18, 9), False),
        ((20, 19, 0), True),
        ((21, 7, 0), False),
        ((22, 11, 0), False),
        ((22, 12, 0), True),
        (None, False),
    ],
)
def test_node_must_be_one_the_bundler_runs_on(version: tuple[int, int, int] | None, enough: bool) -> None:
    assert is_new_enough(version) is enough


def test_stamp_changes_with_content_name_and_facts_but_not_with_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    first = stamps.hash_files(tmp_path, [one, two])
    assert stamps.hash_files(tmp_path, [two, one]) == first
    assert stamps.hash_files(tmp_path, [one, two], "node 24") != first
    two.write_text("3")
    changed = stamps.hash_files(tmp_path, [one, two])
    assert changed != first
    assert stamps.hash_files(tmp_path, [one, two.rename(tmp_path / "three")]) != changed


def test_stamp_is_fresh_only_when_it_holds_the_value(tmp_path: Path) -> None:
    stamp = tmp_path / ".stamp"
    assert not stamps.is_fresh(stamp, "abc")
    stamps.write(stamp, "abc")
    assert stamps.is_fresh(stamp, "abc")
    assert not stamps.is_fresh(stamp, "abd")
    stamp.write_bytes(b"\xff\xfe")
    assert not stamps.is_fresh(stamp, "abc")


def test_web_sources_leave_out_packages_tests_and_notes(tmp_path: Path) -> None:
    kept = ["package-lock.json", "apps/console/src/main.ts", "packages/ui/src/tokens.css"]
    left = [
        "node_modules/vue/index.js",
        "apps/console/node_modules/x.js",
        "packages/ui/src/tokens.test.ts",
        "packages/ui/README.md",
        "a.tsbuildinfo",
    ]
    for name in kept + left:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in stamps.web_sources(tmp_path)) == sorted(kept)


def _built(faces: Path) -> None:
    for name in ("console/index.html", "console/assets/a.js", "console/assets/a.css", "widget/qiao.js", "widget/assets/p.js"):
        (faces / name).parent.mkdir(parents=True, exist_ok=True)
        (faces / name).touch()
    manifests = {
        "console": {"index.html": {"file": "assets/a.js", "css": ["assets/a.css"]}},
        "widget": {"panel.html": {"file": "assets/p.js"}},
    }
    for face, manifest in manifests.items():
        (faces / face / ".vite").mkdir()
        (faces / face / ".vite" / "manifest.json").write_text(json.dumps(manifest))


def test_a_whole_build_misses_nothing(tmp_path: Path) -> None:
    _built(tmp_path)
    assert list(missing_faces(tmp_path)) == []


@pytest.mark.parametrize(
    "name", ["console/index.html", "widget/qiao.js", "console/assets/a.css", "widget/assets/p.js", "widget/.vite/manifest.json"]
)
def test_a_build_without_a_named_file_is_not_whole(tmp_path: Path, name: str) -> None:
    _built(tmp_path)
    (tmp_path / name).unlink()
    assert list(missing_faces(tmp_path)) == [name]


def test_environment_is_freed_of_what_others_left(tmp_path: Path) -> None:
    given = {"HOME": str(tmp_path), "VIRTUAL_ENV": "/x", "PYTHONPATH": "/y", "NODE_ENV": "production", "LANG": "zh_CN.UTF-8"}
    cleaned = clean_environment(given, tmp_path / ".dev")
    assert not {"VIRTUAL_ENV", "PYTHONPATH", "NODE_ENV"} & set(cleaned)
    assert (cleaned["HOME"], cleaned["LANG"]) == (str(tmp_path), "zh_CN.UTF-8")


@pytest.mark.parametrize("home", ["", "/does/not/exist"])
def test_without_a_usable_home_caches_go_to_the_private_folder(tmp_path: Path, home: str) -> None:
    assert clean_environment({"HOME": home}, tmp_path)["HOME"] == str(tmp_path / "home")
    assert (tmp_path / "home").is_dir()


def test_chromium_is_found_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert find_chromium({"google-chrome": "/opt/chrome"}.get) == "/opt/chrome"
    assert find_chromium({}.get) is None


def test_the_tests_run_in_an_environment_the_server_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, str]] = []
    for name in [name for name in os.environ if name.startswith("QIAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(commands, "_set_up", lambda *_, **__: None)
    monkeypatch.setattr(commands, "ensure_browser", lambda _: "/usr/bin/chromium")
    monkeypatch.setattr(commands, "ensure_mail_servers", lambda _: False)
    monkeypatch.setattr(commands, "openly", lambda _, env: given.append(env) or 0)
    assert commands.main(["test"]) == 0
    assert given
    assert all(read_settings(env) for env in given)


@pytest.mark.parametrize(
    ("given", "served"),
    [([], ["--demo"]), (["--channels", "--port", "9000"], ["--demo", "--simulators", "--port", "9000"])],
)
def test_channels_are_played_when_asked_for(monkeypatch: pytest.MonkeyPatch, given: list[str], served: list[str]) -> None:
    run: list[list[str]] = []
    monkeypatch.setattr(commands, "_set_up", lambda *_, **__: None)
    monkeypatch.setattr(commands.os, "execve", lambda _program, arguments, _env: run.append(arguments[1:]))
    monkeypatch.setattr(commands, "openly", lambda *_, **__: 0)
    commands.COMMANDS["run"](given, {})
    assert run == [["serve", *served]]


def test_the_stories_in_the_browser_come_last_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []
    monkeypatch.setattr(commands, "_set_up", lambda *_, **__: None)
    monkeypatch.setattr(commands, "ensure_browser", lambda _: None)
    monkeypatch.setattr(commands, "ensure_mail_servers", lambda _: False)
    monkeypatch.setattr(commands, "openly", lambda command, **_: run.append(command[-1]) or 0)
    assert commands.main(["test"]) == 0
    assert run[-1] == "browser"
    assert all("not browser" in marks for marks in run[:-1])


def test_a_failing_step_shows_its_output_and_says_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StepFailed, match=r"three: .* ended with code 3") as caught:
        quietly("three", [sys.executable, "-c", "import sys; print('why'); sys.exit(3)"], fix="do this")
    assert caught.value.fix == "do this"
    assert "    why" in capsys.readouterr().out


def test_an_unknown_command_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["fly"]) == 2
    assert "./dev run" in capsys.readouterr().out
