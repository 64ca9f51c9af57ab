"""Settings are read once, checked, and refused with a sentence that names them."""

from pathlib import Path

import pytest

from qiao.platform.settings import Settings, SettingsInvalid, as_environment, read_settings


def test_without_a_word_the_defaults_serve_on_the_loopback():
    settings = read_settings({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.origin) == ("127.0.0.1", 8717, "http://127.0.0.1:8717")


def test_values_are_read_from_the_environment_and_turned_into_their_types():
    settings = read_settings({"QIAO_PORT": "9000", "QIAO_DRAIN_SECONDS": "2.5", "QIAO_HOST": "0.0.0.0", "HOME": "/x"})
    assert (settings.port, settings.drain_seconds, settings.host) == (9000, 2.5, "0.0.0.0")


def test_what_is_given_on_the_command_line_goes_before_the_environment():
    settings = read_settings({"QIAO_PORT": "9000", "QIAO_HOST": "10.0.0.1"}, port=9001, host=None)
    assert (settings.port, settings.host) == (9001, "10.0.0.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QIAO_PROT", "9000"),
        ("QIAO_PORT", "ninety"),
        ("QIAO_PORT", "-1"),
        ("QIAO_PORT", "65536"),
        ("QIAO_DRAIN_SECONDS", "-1"),
        ("QIAO_LOG_LEVEL", "loud"),
        ("QIAO_LOG_FORMAT", "xml"),
        ("QIAO_BOT_MODEL", "on"),
        ("QIAO_BACKGROUND", "upstairs"),
        ("QIAO_LLM_URL", "ftp://models.example/v1"),
        ("QIAO_LLM_URL", "https://user:password@models.example/v1"),
        ("QIAO_LLM_URL", "https://models.example/v1?key=x"),
        ("QIAO_LLM_KEY", "sk-with a space"),
        ("QIAO_LLM_SECONDS", "0"),
        ("QIAO_BUS_URL", "redis://127.0.0.1"),
        ("QIAO_BUS_URL", "nats://one:4222,"),
        ("QIAO_BUS_URL", "nats://one:4222, nats://two:4222"),
        ("QIAO_BUS_URL", "nats://one:4222/*"),
        ("QIAO_BUS_URL", "nats://one:4222/a/b"),
        ("QIAO_BUS_URL", "nats://"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(name: str, value: str):
    with pytest.raises(SettingsInvalid) as refused:
        read_settings({name: value})
    assert name in refused.value.message
    assert refused.value.code == "settings.invalid"


@pytest.mark.parametrize(
    "value",
    [
        "nats://127.0.0.1:4222",
        "tls://bridge:p%40ss@bus.example/desk-1",
        "nats://t0ken@one:4222/desk,nats://t0ken@two:4222/desk,nats://[::1]:4222/desk",
    ],
)
def test_servers_that_carry_hints_are_named_one_after_the_other(value: str):
    assert read_settings({"QIAO_BUS_URL": value}).bus_url == value


def test_a_bus_that_is_refused_is_not_told_with_its_password():
    with pytest.raises(SettingsInvalid) as refused:
        read_settings({"QIAO_BUS_URL": "http://bridge:canary@bus.example"})
    assert "canary" not in f"{refused.value.message} {refused.value.__cause__}"


def test_a_language_model_is_named_with_its_address():
    with pytest.raises(SettingsInvalid) as refused:
        read_settings({"QIAO_LLM_URL": "http://127.0.0.1:11434/v1", "QIAO_LLM_KEY": "sk-canary"})
    assert "QIAO_LLM_MODEL" in refused.value.message
    assert "canary" not in f"{refused.value.message} {refused.value.__cause__}"
    assert read_settings({"QIAO_LLM_URL": "http://127.0.0.1:11434/v1", "QIAO_LLM_MODEL": "m"}).llm_seconds == 6.0


def test_switches_of_the_build_are_not_settings():
    assert read_settings({"QIAO_SKIP_WEB": "1"}) == Settings()


def test_a_public_address_is_the_origin_without_its_final_slash():
    assert read_settings({"QIAO_PUBLIC_URL": "https://desk.example/"}).origin == "https://desk.example"


def test_the_data_folder_is_absolute_and_knows_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert read_settings({"QIAO_DATA_DIR": "~/desk"}).data_path == tmp_path / "desk"
    assert read_settings({"QIAO_DATA_DIR": "here"}).data_path == tmp_path / "here"
    assert read_settings({}).data_path.is_absolute()


def test_the_process_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QIAO_PORT", "7777")
    assert read_settings().port == 7777


def test_settings_go_through_an_environment_and_come_back_the_same():
    settings = Settings(
        data_dir="/d/茶 室", port=9000, drain_seconds=2.5, secret_key="k=1", background="inside", log_level="debug"
    )
    assert read_settings(as_environment(settings)) == settings
