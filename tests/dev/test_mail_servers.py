"""`./dev test` installs the mail servers where it may, starts none of them, and says aloud when it may not."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from dev import mail_servers
from dev.machine import StepFailed


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A Debian without mail servers, and what was asked of it; root may install."""
    asked: list[str] = []
    policy = tmp_path / "policy-rc.d"

    def quietly(what: str, command: list[str], **_: object) -> None:
        asked.append(f"{command[1]} {'held back' if policy.exists() else 'free'}")
        if command[1] == "install":
            (tmp_path / "dovecot").touch()

    monkeypatch.setattr(mail_servers, "_PROGRAMS", (tmp_path / "dovecot",))
    monkeypatch.setattr(mail_servers, "_POLICY", policy)
    monkeypatch.setattr(mail_servers, "quietly", quietly)
    monkeypatch.setattr(mail_servers.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(mail_servers.os, "geteuid", lambda: 0)
    return asked


def test_they_are_installed_and_not_started(machine: list[str], tmp_path: Path) -> None:
    assert mail_servers.ensure_mail_servers({})
    assert machine == ["update held back", "install held back"]
    assert not (tmp_path / "policy-rc.d").exists()
    assert mail_servers.ensure_mail_servers({})
    assert len(machine) == 2


def test_who_is_not_root_is_told_what_is_missing(
    machine: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mail_servers.os, "geteuid", lambda: 1_000)
    assert not mail_servers.ensure_mail_servers({})
    assert machine == []
    assert "dovecot-imapd" in capsys.readouterr().out


def test_a_failed_installation_stops_nothing(
    machine: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise StepFailed("no network", fix="")

    monkeypatch.setattr(mail_servers, "quietly", fails)
    assert not mail_servers.ensure_mail_servers({})
    assert "no network" in capsys.readouterr().out
    assert not (tmp_path / "policy-rc.d").exists()


def test_a_policy_of_the_machine_s_own_is_left_alone(machine: list[str], tmp_path: Path) -> None:
    (tmp_path / "policy-rc.d").write_text("its own")
    assert mail_servers.ensure_mail_servers({})
    assert (tmp_path / "policy-rc.d").read_text() == "its own"
