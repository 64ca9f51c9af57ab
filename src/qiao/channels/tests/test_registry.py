"""Channels are found by their folder; one whose manifest is wrong stops the program with a sentence that names it."""

from pathlib import Path

import pytest

from qiao.channels import registry
from qiao.channels.registry import ManifestInvalid, icon_path, load_channels, read_manifest
from qiao.ports.channel import Capability

GOOD = """
name = "pigeon"
tier = "bronze"
title = { zh = "信鸽", en = "Pigeon" }
capabilities = ["text"]
max_text = 100
"""
SETTING = """
[[settings]]
key = "loft"
type = "text"
label = { zh = "鸽舍", en = "Loft" }
"""
REASON = """
[[reasons]]
code = "E42"
words = { zh = "鸽子累了", en = "The pigeon is tired" }
"""


@pytest.fixture
def manifest(tmp_path: Path):
    """Writes a manifest into the folder of a channel `pigeon`."""

    def write(text: str) -> Path:
        path = tmp_path / "pigeon" / "manifest.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_folder_with_a_manifest_is_a_channel():
    channels = load_channels()
    folders = {path.parent.name for path in Path(registry.__file__).parent.glob("*/manifest.toml")}
    assert set(channels) == folders
    assert all(channel.manifest.name == name for name, channel in channels.items())


def test_a_manifest_is_read(manifest):
    found = read_manifest(manifest(GOOD + SETTING))
    assert (found.name, found.capabilities, found.windows) == ("pigeon", frozenset({Capability.TEXT}), ())
    assert [(field.key, field.type, field.default) for field in found.settings] == [("loft", "text", None)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "name"),
        ("name = ", "Invalid value"),
        (GOOD.replace('"bronze"', '"platinum"'), "bronze, silver, gold"),
        (GOOD.replace('"pigeon"', '"dove"'), "folder"),
        (GOOD.replace('["text"]', '["telepathy"]'), "telepathy"),
        (GOOD.replace("max_text = 100", 'max_text = "long"'), "max_text"),
        (GOOD.replace("max_text = 100", ""), "max_text"),
        (GOOD + "max_txt = 5\n", "max_txt"),
        (GOOD + SETTING.replace('"text"', '"essay"'), "essay"),
        (GOOD + SETTING.replace("label", "lable"), "lable"),
        (GOOD + SETTING + SETTING, "one key"),
        (GOOD + REASON + REASON.replace("E42", "e42"), "one code"),
        (GOOD + REASON.replace("words", "word"), "word"),
        ("\x00", "manifest.toml"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_file_and_its_reason(manifest, text, reason):
    with pytest.raises(ManifestInvalid) as refused:
        read_manifest(manifest(text))
    assert refused.value.message.startswith("channels/pigeon/manifest.toml: ")
    assert reason in refused.value.message
    assert refused.value.code == "channels.manifest_invalid"


def test_a_broken_channel_stops_the_program(manifest, monkeypatch):
    monkeypatch.setattr(registry, "_HERE", manifest("name = 5").parent.parent)
    with pytest.raises(ManifestInvalid):
        load_channels()


def test_a_manifest_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(ManifestInvalid, match=r"channels/ghost/manifest\.toml"):
        read_manifest(tmp_path / "ghost" / "manifest.toml")


@pytest.mark.parametrize("name", ["nothing", "", "..", "../webchat", "webchat/", "webchat/../webchat", "tests", "web chat"])
def test_made_up_names_have_no_picture(name):
    assert icon_path(name) is None
