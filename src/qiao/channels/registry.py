"""Finds the channels: every folder here with a manifest. Adding or deleting one changes nothing else."""

import tomllib
from importlib import import_module
from pathlib import Path

import msgspec

from qiao.ports.channel import Channel, Manifest

_HERE = Path(__file__).resolve().parent


def load_channels() -> dict[str, Channel]:
    """Every channel by name. A manifest that is not as it should be stops the program with its reason."""
    channels: dict[str, Channel] = {}
    for path in sorted(_HERE.glob("*/manifest.toml")):
        manifest = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Manifest)
        adapter = import_module(f"qiao.channels.{path.parent.name}.adapter")
        channels[manifest.name] = adapter.Adapter(manifest)
    return channels


def icon_path(name: str) -> Path | None:
    """The channel's picture, if there is such a channel."""
    path = _HERE / name / "icon.svg"
    return path if name.isidentifier() and path.exists() else None
