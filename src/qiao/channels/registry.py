"""Finds the channels: every folder here with a manifest. Adding or deleting one changes nothing else."""

import tomllib
from importlib import import_module
from pathlib import Path

import msgspec

from qiao.kit.errors import QiaoError
from qiao.ports.channel import SETTING_TYPES, TIERS, Channel, Manifest

_HERE = Path(__file__).resolve().parent


class ManifestInvalid(QiaoError):
    """A channel's manifest.toml is not as it should be; the message names the file and the reason."""

    code = "channels.manifest_invalid"
    status = 500


def load_channels() -> dict[str, Channel]:
    """Every channel by name. A manifest that is not as it should be stops the program with its reason: ManifestInvalid."""
    channels: dict[str, Channel] = {}
    for path in sorted(_HERE.glob("*/manifest.toml")):
        channel = load_channel(path.parent.name)
        channels[channel.manifest.name] = channel
    return channels


def load_channel(name: str) -> Channel:
    """One channel by its folder's name. Raises ManifestInvalid."""
    manifest = read_manifest(_HERE / name / "manifest.toml")
    channel: Channel = import_module(f"qiao.channels.{name}.adapter").Adapter(manifest)
    return channel


def read_manifest(path: Path) -> Manifest:
    """A manifest, checked. Raises ManifestInvalid."""
    try:
        manifest = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Manifest)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ManifestInvalid(f"{_named(path)}: {error}") from error
    for fault in _faults(manifest, path.parent.name):
        raise ManifestInvalid(f"{_named(path)}: {fault}")
    return manifest


def icon_path(name: str) -> Path | None:
    """The channel's picture, if there is such a channel."""
    path = _HERE / name / "icon.svg"
    return path if name.isidentifier() and path.exists() else None


def _named(path: Path) -> str:
    return f"channels/{path.parent.name}/{path.name}"


def _faults(manifest: Manifest, folder: str) -> list[str]:
    keys = [field.key for field in manifest.settings]
    faults = [
        f"the setting {field.key} has an unknown type {field.type}"
        for field in manifest.settings
        if field.type not in SETTING_TYPES
    ]
    if manifest.name != folder:
        faults.append(f"the name {manifest.name} is not that of its folder")
    if manifest.tier not in TIERS:
        faults.append(f"the tier is one of {', '.join(TIERS)}")
    if len(set(keys)) < len(keys):
        faults.append("two settings have one key")
    faults += [f"alone names {key}, which is no setting" for group in manifest.alone for key in group if key not in keys]
    codes = [reason.code.lower() for reason in manifest.reasons]
    if len(set(codes)) < len(codes):
        faults.append("two reasons have one code")
    return faults
