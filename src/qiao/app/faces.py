"""The built web faces: found once at start, served with the right type, compression, caching and policy."""

import mimetypes
from pathlib import Path
from typing import Any

from litestar import Request, Response
from msgspec import Struct

FACES = Path(__file__).resolve().parent / "faces"
IMMUTABLE = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300, must-revalidate"
NO_CACHE = "no-cache"

# The one style element that may stand in the page: the drop-down list's, which hides its scroll bar.
_LIST_STYLE = "'sha256-60LHlRjW/B3CtzIoE/Lf1/NEDvko9efWMFaGVhHu/cs='"
CONSOLE_POLICY = (
    f"default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' {_LIST_STYLE}; "
    "script-src 'self'; connect-src 'self' ws: wss:; frame-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
PANEL_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self'; script-src 'self'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)


class FaceFile(Struct, frozen=True):
    """One built file and the encodings it exists in."""

    path: Path
    media_type: str
    etag: str
    encodings: frozenset[str]


class Faces:
    """Files below the folder of built faces, by their path relative to it."""

    def __init__(self, folder: Path = FACES) -> None:
        self._files = {
            str(path.relative_to(folder)): _describe(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in {".gz", ".br"} and not path.name.startswith(".")
        }

    @property
    def built(self) -> bool:
        """False when nobody has built the faces: the program then says so instead of showing a blank page."""
        return "console/index.html" in self._files

    def answer(self, request: Request[Any, Any, Any], name: str, *, cache: str, policy: str = "") -> Response[bytes] | None:
        """The file as a response, or None when there is no such file."""
        file = self._files.get(name)
        if file is None:
            return None
        headers = {"Cache-Control": cache, "ETag": file.etag, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
        if policy:
            headers["Content-Security-Policy"] = policy
        accepted = request.headers.get("accept-encoding", "")
        if file.etag in _known(request.headers.get("if-none-match", "")):
            return Response(b"", status_code=304, headers=headers)
        try:
            data, encoding = _read(file, accepted)
        except FileNotFoundError:
            # The faces were built anew under a running server; its pages ask for what they were made with.
            return None
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(data, media_type=file.media_type, headers=headers)


def _describe(path: Path) -> FaceFile:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    stat = path.stat()
    encodings = frozenset(name for name, suffix in (("br", ".br"), ("gzip", ".gz")) if Path(f"{path}{suffix}").exists())
    return FaceFile(path, media_type, f'"{stat.st_size:x}-{int(stat.st_mtime):x}"', encodings)


def _known(header: str) -> list[str]:
    """The tags of If-None-Match; proxies that compress make them weak."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _accepted(header: str) -> set[str]:
    """The encodings of Accept-Encoding that are not refused by q=0."""
    parts = [part.replace(" ", "").lower().partition(";q=") for part in header.split(",")]
    return {name for name, _, quality in parts if quality.strip("0.") or not quality}


def _read(file: FaceFile, accepted: str) -> tuple[bytes, str]:
    wanted = _accepted(accepted)
    for name, suffix in (("br", ".br"), ("gzip", ".gz")):
        if name in file.encodings and name in wanted:
            return Path(f"{file.path}{suffix}").read_bytes(), name
    return file.path.read_bytes(), ""
