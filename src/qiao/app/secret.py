"""The installation's secret key: as the operator set it, or made once and kept in the data folder, readable by its owner alone."""

import os

import msgspec

from qiao.kit.ids import new_secret
from qiao.platform.settings import Settings

FILE_NAME = "secret.key"


def has_secret_key(settings: Settings) -> bool:
    """Whether there is one already: a command on another machine must not make one that opens nothing of the installation's."""
    return bool(settings.secret_key) or (settings.data_path / FILE_NAME).exists()


def with_secret_key(settings: Settings) -> Settings:
    """The settings with a secret key. Two programs that start at once end with the same one."""
    if settings.secret_key:
        return settings
    folder = settings.data_path
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return msgspec.structs.replace(settings, secret_key=path.read_text(encoding="utf-8").strip())
    secret = new_secret()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
    return msgspec.structs.replace(settings, secret_key=secret)
