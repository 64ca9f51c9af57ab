"""The audit of dependencies: what a report says, what fails, what is accepted and for how long, and the list of parts."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from dev import audit
from dev.audit import Accepted, Finding, NotAsked
from dev.machine import StepFailed

HOLE = Finding("tea", "1.0.0", "PYSEC-2026-1", ("CVE-2026-1", "GHSA-aaaa"), "1.0.1")
TODAY = date(2026, 11, 23)
ENTRY = '[[accepted]]\nid = "CVE-2026-1"\npackage = "tea"\nreason = "only reads our own files"\nuntil = 2026-12-01\n'


def accepted(**changes: Any) -> Accepted:
    return Accepted(**{"id": "CVE-2026-1", "package": "tea", "reason": "why", "until": TODAY, **changes})


def test_what_nobody_accepted_fails() -> None:
    assert audit.judge([HOLE], [], TODAY) == ([HOLE], [], [])


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "CVE-2026-1", "GHSA-aaaa"])
def test_it_is_accepted_under_any_of_its_names_and_to_the_last_day(name: str) -> None:
    entry = accepted(id=name)
    assert audit.judge([HOLE], [entry], TODAY) == ([], [(HOLE, entry)], [])


@pytest.mark.parametrize(
    "changes", [{"until": date(2026, 11, 22)}, {"until": date(2027, 2, 22)}, {"package": "coffee"}, {"id": "CVE-2026-2"}]
)
def test_what_is_over_or_about_something_else_accepts_nothing_and_is_told(changes: dict[str, Any]) -> None:
    entry = accepted(**changes)
    assert audit.judge([HOLE], [entry], TODAY) == ([HOLE], [], [entry])


def test_the_longest_that_one_is_accepted_is_written() -> None:
    text = (audit.ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"{audit.LONGEST.days} days, then it is judged again" in text
    assert all(f"| {days} days |" in text for days in (7, 30))


def test_entries_are_read() -> None:
    assert audit.read_accepted("") == []
    assert audit.read_accepted(ENTRY) == [accepted(reason="only reads our own files", until=date(2026, 12, 1))]


@pytest.mark.parametrize("left_out", ["id", "package", "reason", "until"])
def test_an_entry_without_a_reason_or_an_end_is_refused(left_out: str) -> None:
    text = "\n".join(line for line in ENTRY.splitlines() if not line.startswith(left_out))
    with pytest.raises(StepFailed):
        audit.read_accepted(text)


@pytest.mark.parametrize("blank", ['reason = "  "', 'until = "soon"', "until = 2026-12-01T00:00:00"])
def test_a_reason_of_nothing_and_an_end_that_is_no_day_are_refused(blank: str) -> None:
    name = blank.partition(" ")[0]
    with pytest.raises(StepFailed):
        audit.read_accepted("\n".join(blank if line.startswith(name) else line for line in ENTRY.splitlines()))


def test_the_file_in_the_repository_can_be_read() -> None:
    assert isinstance(audit.read_accepted(audit.ACCEPTED.read_text(encoding="utf-8")), list)


def test_a_report_about_python_packages_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    hole = {"id": HOLE.id, "aliases": list(HOLE.other_ids), "fix_versions": ["1.0.1", "2.0.0"], "description": "x"}
    report = {
        "dependencies": [
            {"name": "tea", "version": "1.0.0", "vulns": [hole, {"id": "PYSEC-2026-9"}]},
            {"name": "cup", "version": "3.1", "vulns": []},
            {"name": "own", "skip_reason": "not on PyPI"},
        ]
    }
    count, (first, second) = audit.read_pip_audit(report)
    assert count == 2
    assert first == Finding("tea", "1.0.0", HOLE.id, HOLE.other_ids, "1.0.1 or 2.0.0")
    assert (second.id, second.mended_by) == ("PYSEC-2026-9", "no version yet")
    assert "own (not on PyPI)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "dependencies", [[], [{"name": "tea", "skip_reason": "not found"}, {"name": "cup", "skip_reason": "not found"}]]
)
def test_an_index_that_knows_nothing_is_not_taken_for_good_news(dependencies: list[dict[str, str]]) -> None:
    with pytest.raises(NotAsked):
        audit.read_pip_audit({"dependencies": dependencies})


LOCKED = {
    "": {"name": "qiao-web"},
    "apps/console": {"name": "@qiao/console", "version": "1.0.0"},
    "node_modules/@qiao/console": {"resolved": "apps/console", "link": True},
    "node_modules/vue": {"version": "3.5.0", "license": "MIT"},
    "node_modules/@tiptap/core": {"version": "3.1.0", "license": "MIT"},
    "apps/console/node_modules/vue": {"version": "2.7.0"},
    "node_modules/vite": {"version": "8.0.0", "dev": True, "license": "MIT"},
    "node_modules/ms": {"version": "2.1.0", "dev": True},
    "node_modules/vue/node_modules/ms": {"version": "2.1.0"},
    "node_modules/vite/node_modules/ms": {"version": "2.1.0", "dev": True},
}


def test_parts_of_the_web_are_each_there_once_and_say_whether_they_ship() -> None:
    parts = {one["purl"]: one["scope"] for one in audit.web_components(LOCKED)}
    assert parts == {
        "pkg:npm/vue@3.5.0": "required",
        "pkg:npm/vue@2.7.0": "required",
        "pkg:npm/%40tiptap/core@3.1.0": "required",
        "pkg:npm/vite@8.0.0": "excluded",
        "pkg:npm/ms@2.1.0": "required",
    }


MEND = {"name": "a", "version": "4"}


def test_a_report_about_web_packages_is_read() -> None:
    advisory = {"source": 7, "url": "https://github.com/advisories/GHSA-bbbb", "range": "<3.5.1", "title": "x"}
    report = {
        "vulnerabilities": {
            "vue": {"via": [advisory], "nodes": ["node_modules/vue", "apps/console/node_modules/vue"], "fixAvailable": True},
            "core": {
                "via": ["vue", {**advisory, "url": ""}],
                "nodes": ["node_modules/@tiptap/core"],
                "fixAvailable": {"name": "a", "version": "4"},
            },
            "ms": {"via": [advisory], "nodes": ["node_modules/gone"], "fixAvailable": False},
        }
    }
    count, found = audit.read_npm_audit(report, LOCKED)
    assert count == 4
    assert [(one.package, one.version, one.id, one.mended_by) for one in found] == [
        ("vue", "3.5.0", "GHSA-bbbb", "anything outside of <3.5.1"),
        ("vue", "2.7.0", "GHSA-bbbb", "anything outside of <3.5.1"),
        ("core", "3.1.0", "7", "a 4"),
        ("ms", "?", "GHSA-bbbb", "no version yet"),
    ]


def test_a_registry_that_refuses_is_not_taken_for_good_news() -> None:
    with pytest.raises(NotAsked, match="405"):
        audit.read_npm_audit({"message": "405 Method Not Allowed", "error": {"summary": ""}}, LOCKED)


def test_both_halves_are_one_list() -> None:
    python = {
        "bomFormat": "CycloneDX",
        "components": [{"name": "PyJWT"}, {"name": "rpds_py"}, {"name": "pytest"}],
        "dependencies": [],
    }
    whole = audit.one_list(python, {"pyjwt", "rpds-py"}, audit.web_components(LOCKED))
    assert whole["bomFormat"] == "CycloneDX"
    assert [(one["name"], one["scope"]) for one in whole["components"]][:3] == [
        ("PyJWT", "required"),
        ("rpds_py", "required"),
        ("pytest", "excluded"),
    ]
    assert len(whole["components"]) == 3 + 5


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    found: list[Finding] = []
    monkeypatch.setattr(audit, "make_sbom", lambda _uv, _env: None)
    monkeypatch.setattr(audit, "ask_pypi", lambda _uv, _env: (3, found))
    return found


def test_a_known_hole_fails_with_its_name_and_what_mends_it(asked: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.audit("uv", None, {}) == 0
    asked.append(HOLE)
    assert audit.audit("uv", None, {}) == 1
    assert "tea 1.0.0: PYSEC-2026-1; mended by 1.0.1" in capsys.readouterr().out


def test_without_an_answer_it_says_so_and_does_not_fail(
    asked: list[Finding], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(_uv: str, _env: dict[str, str]) -> tuple[int, list[Finding]]:
        raise NotAsked("no network")

    monkeypatch.setattr(audit, "ask_pypi", silent)
    assert audit.audit("uv", None, {}) == 0
    assert "could not be asked for, so nothing is known" in capsys.readouterr().out
    assert asked == []
