"""`./dev test` installs nginx where it may, starts none, and says aloud when it may not."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from dev import mail_servers, nginx


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A Debian without nginx, and what was asked of it; root may install."""
    asked: list[str] = []
    policy, program = tmp_path / "policy-rc.d", tmp_path / "nginx"

    def quietly(what: str, command: list[str], **_: object) -> None:
        asked.append(f"{command[1]} {'held back' if policy.exists() else 'free'}")
        if command[1] == "install":
            program.touch(mode=0o755)

    def which(name: str, path: str | None = None) -> str | None:
        return "/usr/bin/apt-get" if path is None else str(program) if program.exists() else None

    monkeypatch.setattr(mail_servers, "_POLICY", policy)
    monkeypatch.setattr(mail_servers, "quietly", quietly)
    monkeypatch.setattr(nginx.shutil, "which", which)
    monkeypatch.setattr(nginx.os, "geteuid", lambda: 0)
    return asked


def test_it_is_installed_once_and_not_started(machine: list[str], tmp_path: Path) -> None:
    assert nginx.ensure_nginx({})
    assert nginx.ensure_nginx({})
    assert machine == ["update held back", "install held back"]
    assert not (tmp_path / "policy-rc.d").exists()


def test_who_is_not_root_is_told_what_is_missing(
    machine: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nginx.os, "geteuid", lambda: 1_000)
    assert not nginx.ensure_nginx({})
    assert machine == []
    assert "nginx-light" in capsys.readouterr().out
