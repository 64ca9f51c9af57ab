"""The installation's secret key: as the operator set it, or made once and kept in the data folder, readable by its owner alone."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from qiao.domains.workspaces.api import Workspaces
from qiao.kit.errors import QiaoError
from qiao.kit.ids import new_secret
from qiao.platform.db.database import Database
from qiao.platform.db.placement import sync_folder
from qiao.platform.settings import Settings

FILE_NAME = "secret.key"


class SecretKeyEmpty(QiaoError):
    """The file of the secret key holds none: what would be signed with it, anybody could sign."""

    code = "server.secret_key_empty"


class SecretKeyMissing(QiaoError):
    """What is sealed or signed here must be with the installation's own key, and there is none on this machine."""

    code = "db.secret_key_missing"


def has_secret_key(settings: Settings) -> bool:
    """Whether there is one already."""
    return bool(settings.secret_key) or (settings.data_path / FILE_NAME).exists()


async def check_own_secret_key(settings: Settings, database: Database) -> None:
    """A new installation may make a key. Another machine on the database of one that is in use may not: whatever was sealed or signed
    would not open with it. Raises SecretKeyMissing.
    """
    if settings.database_url and not has_secret_key(settings) and await Workspaces(database).all_ids():
        with_own_secret_key(settings)


def with_own_secret_key(settings: Settings) -> Settings:
    """As `with_secret_key`, for commands: on another machine they must not make one that opens nothing of the installation's.

    Raises SecretKeyMissing, SecretKeyEmpty.
    """
    if not has_secret_key(settings):
        raise SecretKeyMissing(
            "the installation's secret key is needed and is not here: say QIAO_SECRET_KEY, the same as where the desk runs, or bring"
            f" {FILE_NAME} from its data folder"
        )
    return with_secret_key(settings)


def with_secret_key(settings: Settings) -> Settings:
    """The settings with a secret key. Two programs that start at once end with the same one. Raises SecretKeyEmpty."""
    if settings.secret_key:
        return settings
    folder = settings.data_path
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    if not path.exists():
        _make(folder, path)
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise SecretKeyEmpty(
            f"{path} is empty: put the key there from a copy or a backup, or set QIAO_SECRET_KEY. For a new installation delete the"
            " file; where channels are connected already, their secrets do not open with another key"
        )
    return msgspec.structs.replace(settings, secret_key=secret)


def _make(folder: Path, path: Path) -> None:
    """On the disk and whole before it has its name; whoever comes second leaves the first one's."""
    fresh = folder / f".{FILE_NAME}-{new_secret()[:12]}"
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(new_secret())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(folder)
