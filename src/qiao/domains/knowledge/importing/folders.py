"""A zip of Markdown files, web pages and their pictures, as note programs and site generators export it."""

import posixpath
from collections.abc import Iterator

from qiao.domains.knowledge.importing.contracts import MAX_TEXT_BYTES, Problem
from qiao.domains.knowledge.importing.documents import Document
from qiao.domains.knowledge.importing.html_pages import read_html
from qiao.domains.knowledge.importing.markdown_files import read_markdown
from qiao.domains.knowledge.importing.picture_shelf import PictureShelf
from qiao.domains.knowledge.importing.reasons import problem
from qiao.platform.uploads.api import UploadRefused
from qiao.platform.uploads.archives import Archive, Entry
from qiao.platform.uploads.text_files import decode_text

_MARKDOWN = (".md", ".markdown")
_PAGES = (".html", ".htm")
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".bmp", ".avif", ".tif", ".tiff", ".ico", ".heic")
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".jar")
_SYSTEM = ("__macosx", "thumbs.db", "desktop.ini")
_MAX_DOCUMENT = 20 * 1024 * 1024
_MAX_PICTURE = 20 * 1024 * 1024


class Folder:
    """The documents of an archive. Entries that cannot be taken are `problems`; nothing outside the archive is ever read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._pictures: dict[str, Entry] = {}
        self.documents: list[Entry] = []
        self.problems: list[Problem] = []
        for entry in archive.entries:
            self._place(entry)

    def read(self) -> Iterator[Document | Problem]:
        """Each document in the order of the archive; a problem for one that cannot be unpacked or is no text."""
        for entry in self.documents:
            try:
                data = self._archive.read(entry)
            except UploadRefused:
                yield problem(entry.name, "imports.unreadable")
                continue
            yield self._document(entry, data)

    def _place(self, entry: Entry) -> None:
        name = entry.name.lower()
        if any((part.startswith(".") and part != "..") or part in _SYSTEM for part in name.split("/")):
            return
        refused = _refusal(entry, name)
        if refused:
            self.problems.append(refused)
        elif name.endswith(_PICTURES):
            self._pictures.setdefault(posixpath.normpath(name), entry)
        else:
            self.documents.append(entry)

    def _document(self, entry: Entry, data: bytes) -> Document | Problem:
        folder = posixpath.dirname(entry.name)
        shelf = PictureShelf(entry.name, lambda path: self._picture(folder, path))
        category = posixpath.basename(folder) or None
        if entry.name.lower().endswith(_PAGES):
            return read_html(entry.name, data, shelf, category)
        text = decode_text(data)
        if text is None:
            return problem(entry.name, "imports.not_text")
        return read_markdown(entry.name, text, shelf, category)

    def _picture(self, folder: str, path: str) -> bytes | None:
        path = path.replace("\\", "/")
        # An absolute path means the top of the exported site.
        wanted = posixpath.normpath(path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path))
        entry = self._pictures.get(wanted.lower())
        if entry is None or entry.size > _MAX_PICTURE:
            return None
        try:
            return self._archive.read(entry)
        except UploadRefused:
            return None


def _refusal(entry: Entry, name: str) -> Problem | None:
    reasons = (
        (entry.leaves_folder, "imports.unsafe_path"),
        (entry.is_link, "imports.link"),
        (entry.is_encrypted, "imports.encrypted"),
        (name.endswith(_ARCHIVES), "imports.nested_archive"),
        (not name.endswith((*_MARKDOWN, *_PAGES, *_PICTURES)), "imports.not_in_archive"),
    )
    code = next((code for applies, code in reasons if applies), None)
    if code:
        return problem(entry.name, code)
    if entry.size > _MAX_DOCUMENT:
        return problem(entry.name, "imports.text_too_long", limit_kb=MAX_TEXT_BYTES // 1024)
    return None
