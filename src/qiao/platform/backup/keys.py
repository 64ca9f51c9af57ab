"""The key of backups: 256 random bits in a file of its own, or in QIAO_BACKUP_KEY. Never on a command line, where everybody can read it."""

import base64
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from qiao.platform.backup.errors import KeyMissing, KeyUnfit
from qiao.platform.backup.sealing import KEY_BYTES

VARIABLE = "QIAO_BACKUP_KEY"
_PREFIX = "qiao-backup-key-1:"


def new_key_file(path: Path) -> None:
    """Make a key and write it to a new file that its owner alone may read. Raises KeyUnfit for a file that is there."""
    text = _PREFIX + base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyUnfit(f"{path} is there already; a key is never overwritten, since its backups would be lost") from None
    except OSError as error:
        raise KeyUnfit(f"a key cannot be written to {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(descriptor)


def find_key(path: Path | None, environment: Mapping[str, str]) -> bytes | None:
    """The key of the file, else of QIAO_BACKUP_KEY, else None. Raises KeyMissing, KeyUnfit."""
    if path is None:
        text = environment.get(VARIABLE, "")
        return _read(text, VARIABLE) if text else None
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise KeyMissing(f"the key file {path} cannot be read: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise KeyUnfit(f"others may read the key file {path}; mend it with: chmod 600 {path}")
    return _read(text, str(path))


def _read(text: str, where: str) -> bytes:
    given = text.strip()
    try:
        key = base64.b64decode(given.removeprefix(_PREFIX), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if not given.startswith(_PREFIX) or len(key) != KEY_BYTES:
        raise KeyUnfit(f"{where} holds no backup key; make one with: qiao backup --new-key FILE")
    return key
