"""The program `qiao`: commands, their arguments, and plain words for what cannot be."""

import pytest

from qiao.app import cli


@pytest.fixture
def asked(monkeypatch):
    """Commands that only remember how they were called."""
    calls = []
    for name in ("_serve", "_migrate", "_setup", "_replay"):
        monkeypatch.setattr(cli, name, lambda given, settings, name=name: calls.append((name, given, settings)) or 0)
    for variable in ("QIAO_PORT", "QIAO_HOST", "QIAO_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)
    return calls


def test_serving_takes_its_address_from_the_command_line(asked):
    assert cli.main(["--data-dir", "/srv/qiao", "serve", "--host", "0.0.0.0", "--port", "9000", "--demo"]) == 0
    ((name, given, settings),) = asked
    assert (name, given.demo) == ("_serve", True)
    assert (settings.data_dir, settings.host, settings.port) == ("/srv/qiao", "0.0.0.0", 9000)


def test_without_arguments_the_environment_decides(asked, monkeypatch):
    monkeypatch.setenv("QIAO_PORT", "9100")
    assert cli.main(["serve"]) == 0
    ((_, given, settings),) = asked
    assert (settings.port, given.demo) == (9100, False)


def test_a_setting_that_cannot_be_used_is_told_in_a_sentence(asked, monkeypatch, capsys):
    monkeypatch.setenv("QIAO_PORT", "ninety")
    assert cli.main(["serve"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("qiao: a QIAO_ setting cannot be used")
    assert "Traceback" not in told
    assert asked == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["serve", "--port", "x"], ["setup"], ["setup", "--slug", "a"], ["replay"], ["replay", "q.csv"]],
)
def test_what_is_no_command_is_refused_with_usage(asked, capsys, arguments):
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage: qiao" in capsys.readouterr().err
    assert asked == []


def test_setting_up_names_the_company_and_its_owner(asked):
    assert cli.main(["setup", "--slug", "lanting", "--name", "兰亭茶器", "--email", "o@lanting.example", "--owner", "周宁"]) == 0
    ((name, given, _),) = asked
    assert (name, given.slug, given.name, given.email, given.owner) == (
        "_setup",
        "lanting",
        "兰亭茶器",
        "o@lanting.example",
        "周宁",
    )


def test_migrating_and_replaying_are_commands(asked):
    assert cli.main(["migrate"]) == 0
    assert cli.main(["replay", "q.csv", "--inbox", "key", "--concurrency", "2"]) == 0
    assert [name for name, _, _ in asked] == ["_migrate", "_replay"]
    assert (asked[1][1].inbox, asked[1][1].concurrency, str(asked[1][1].file)) == ("key", 2, "q.csv")
