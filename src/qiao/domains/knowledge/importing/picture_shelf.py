"""The pictures of one article while it is read: each is checked, named once, and referred to as `picture:<name>`."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import unquote

from qiao.domains.knowledge.importing.contracts import MAX_PICTURES, PictureDraft, Problem
from qiao.domains.knowledge.importing.reasons import problem
from qiao.platform.uploads.api import UploadRefused, inspect_upload

_DATA_ADDRESS = re.compile(r"data:image/[\w.+-]+(?:;[\w=-]+)*;base64,", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
_UNFIT = re.compile(r"[\s()<>\[\]\\\"'`%&?#*_]+")
_SHOWN = 120


class PictureShelf:
    """Collects pictures and what went wrong with them. `find` gives the bytes of a relative path, None when there is none."""

    def __init__(self, source: str, find: Callable[[str], bytes | None]) -> None:
        self._source = source
        self._find = find
        self._known: dict[str, str | None] = {}
        self._pictures: dict[str, PictureDraft] = {}
        self._names: dict[bytes, str] = {}
        self.problems: list[Problem] = []

    @property
    def pictures(self) -> tuple[PictureDraft, ...]:
        """What was taken, in the order of first use."""
        return tuple(self._pictures.values())

    def take(self, reference: str) -> str | None:
        """`picture:<name>` for a reference written in the source, or None when there is no such picture to show."""
        if reference not in self._known:
            self._known[reference] = self._taken(reference.strip())
        return self._known[reference]

    def _taken(self, reference: str) -> str | None:
        shown = reference[:_SHOWN]
        if reference.startswith("picture:"):
            return reference if reference.removeprefix("picture:") in self._pictures else None
        if len(self._pictures) >= MAX_PICTURES:
            return self._refuse("imports.too_many_pictures", limit=MAX_PICTURES)
        embedded = _DATA_ADDRESS.match(reference)
        if embedded:
            return self._add("picture", _decoded(reference[embedded.end() :]), f"{shown[:40]}…")
        if _ABSOLUTE.match(reference):
            return self._refuse("imports.remote_picture", picture=shown)
        path = unquote(re.split(r"[?#]", reference, maxsplit=1)[0])
        data = self._find(path)
        if data is None:
            return self._refuse("imports.missing_picture", picture=shown)
        return self._add(PurePosixPath(path.replace("\\", "/")).stem, data, shown)

    def _add(self, stem: str, data: bytes, shown: str) -> str | None:
        digest = hashlib.sha256(data).digest()
        if digest in self._names:
            return f"picture:{self._names[digest]}"
        try:
            inspected = inspect_upload(data, stem)
        except UploadRefused as refused:
            return self._refuse("imports.broken_picture", picture=shown, why=refused.code)
        if inspected.width is None:
            return self._refuse("imports.broken_picture", picture=shown, why="uploads.type_not_allowed")
        name = self._free_name(inspected.safe_name.removesuffix(f".{inspected.extension}"), inspected.extension)
        self._names[digest] = name
        self._pictures[name] = PictureDraft(name=name, data=data, content_type=inspected.content_type)
        return f"picture:{name}"

    def _free_name(self, stem: str, extension: str) -> str:
        stem = _UNFIT.sub("-", stem).strip("-.") or "picture"
        name, number = f"{stem}.{extension}", 1
        while name in self._pictures:
            number += 1
            name = f"{stem}-{number}.{extension}"
        return name

    def _refuse(self, reason_code: str, **details: object) -> None:
        found = problem(self._source, reason_code, **details)
        if found not in self.problems:
            self.problems.append(found)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(unquote(text) if "%" in text else text)
    except (binascii.Error, ValueError):
        return b""
