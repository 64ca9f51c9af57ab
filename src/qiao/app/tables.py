"""Every table of the house, gathered in one metadata: for migrations and drift checks."""

from importlib import import_module
from pathlib import Path

from qiao.platform.db.schema import metadata

_SOURCE = Path(__file__).resolve().parents[1]

for _path in sorted([*_SOURCE.glob("domains/**/tables.py"), *_SOURCE.glob("platform/*/tables.py")]):
    import_module(".".join(("qiao", *_path.relative_to(_SOURCE).with_suffix("").parts)))

__all__ = ["metadata"]
