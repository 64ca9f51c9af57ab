"""Stamps: a hash of everything a result was made from, kept beside the result. Same stamp, nothing to do."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_LEFT_OUT_FOLDERS = {"node_modules", "dist", "gallery", ".vite"}
_LEFT_OUT_ENDINGS = (".test.ts", ".test.tsx", ".test.mjs", ".tsbuildinfo", ".md")


def hash_files(root: Path, files: Iterable[Path], *facts: str) -> str:
    """A hash over the names (below `root`) and contents of `files`, in any order, and over `facts` such as versions."""
    digest = hashlib.sha256()
    for fact in facts:
        digest.update(f"fact {fact}\0".encode())
    for file in sorted(files, key=lambda path: path.relative_to(root).as_posix()):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(root).as_posix()} {content}\0".encode())
    return digest.hexdigest()


def web_sources(web: Path) -> Iterator[Path]:
    """Every file that the built faces depend on: sources, configuration, lock file; not tests, notes or what is generated."""
    for folder, names, files in os.walk(web):
        names[:] = [name for name in names if name not in _LEFT_OUT_FOLDERS]
        yield from (Path(folder, file) for file in files if not file.endswith(_LEFT_OUT_ENDINGS))


def is_fresh(stamp: Path, expected: str) -> bool:
    """True when `stamp` holds `expected`. A missing or unreadable stamp is not fresh."""
    try:
        return stamp.read_text(encoding="ascii").strip() == expected
    except (OSError, UnicodeDecodeError):
        return False


def write(stamp: Path, value: str) -> None:
    """Put the stamp there in one step, so that a stop in between leaves none."""
    half = stamp.with_name(stamp.name + ".half")
    half.write_text(value + "\n", encoding="ascii")
    half.replace(stamp)
