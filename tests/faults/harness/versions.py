"""The next version of the program, made from this one's sources with a further revision: what a release would be, beside this one.

Its files are links to ours where the disk allows it, but for those that are changed, so that it is made in a moment, and it runs by
`python -m qiao.app` with its folder as PYTHONPATH.
"""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from qiao.platform.db.migrate import HEAD, migrations_folder

SOURCE = Path(__file__).resolve().parents[3] / "src"
VERSION = "9.9.9"
NEXT = f"{int(HEAD) + 1:04d}"
"""The revision that it adds."""


def next_version(folder: Path, revision: str, edits: Mapping[str, tuple[str, str]] | None = None) -> dict[str, str]:
    """A program in `folder` whose newest revision has this body (phases only; its names are put before it); what its processes need in
    their environment. `edits`: path below src/qiao -> text and what stands there in the next version.
    """
    versions = folder / "migrations" / "versions"
    shutil.copytree(SOURCE / "qiao", folder / "src" / "qiao", copy_function=_linked, ignore=shutil.ignore_patterns("tests"))
    shutil.copytree(migrations_folder() / "versions", versions, ignore=shutil.ignore_patterns("__pycache__"))
    for later in versions.glob("[0-9]*.py"):
        # What a colleague has begun, and is not part of this version yet.
        if later.name[:4] > HEAD:
            later.unlink()
    (versions / f"{NEXT}_next.py").write_text(f'revision = "{NEXT}"\ndown_revision = "{HEAD}"\n\n{revision}', encoding="utf-8")
    changed = {
        "platform/db/migrate.py": (f'HEAD = "{HEAD}"', f'HEAD = "{NEXT}"'),
        "platform/version.py": ("APP_VERSION = _installed()", f'APP_VERSION = "{VERSION}"'),
        **(edits or {}),
    }
    for name, (former, text) in changed.items():
        path = folder / "src" / "qiao" / name
        before = path.read_text(encoding="utf-8")
        assert before.count(former) == 1, f"{name} does not have {former!r} once"
        path.unlink()
        path.write_text(before.replace(former, text), encoding="utf-8")
    return {"PYTHONPATH": str(folder / "src")}


def revision(upgrade: str, *, backfills: str = "", contract: str = "") -> str:
    """The body of a revision: statements of `upgrade` and `contract`, one a line, and the list of its backfills."""

    def function(name: str, lines: str) -> str:
        acts = [f"    op.execute({line.strip()!r})" for line in lines.strip().splitlines()]
        return f"def {name}() -> None:\n" + "\n".join(acts or ["    pass"]) + "\n"

    parts = ["from alembic import op\n\nfrom qiao.platform.db.revisions import Backfill\n", function("upgrade", upgrade)]
    if backfills:
        parts.append(f"backfills = [{backfills}]\n")
    if contract:
        parts.append(function("contract", contract))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts))


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # The folder is on another disk, or its disk knows no links.
        shutil.copy2(source, target)
