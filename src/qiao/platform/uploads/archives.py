"""Zip files from strangers: opened in memory, measured before anything is unpacked, never written to disk."""

import io
import re
import stat
import zipfile
import zlib

from msgspec import Struct

from qiao.platform.uploads.errors import UploadBroken, UploadLimits, UploadTooLarge

_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_UNIX = 3
# Below this size no ratio is suspicious: a short file of one letter packs a thousandfold.
_RATIO_FREE_BYTES = 4 * 1024 * 1024
_BAD_ZIP = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN_XML = (b"<!DOCTYPE", b"<!ENTITY")


class Entry(Struct, frozen=True, kw_only=True):
    """One file inside. `name` is the decoded path with forward slashes; `key` is what the archive calls it."""

    name: str
    key: int
    size: int
    is_encrypted: bool
    is_link: bool
    leaves_folder: bool


class Archive:
    """An opened zip whose directory keeps the limits. Reading an entry gives at most its stated size.

    Raises UploadBroken when it is no zip, UploadTooLarge when it would unpack to too much or holds too many entries.
    """

    def __init__(self, data: bytes, limits: UploadLimits) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except _BAD_ZIP as error:
            raise UploadBroken("The archive cannot be opened. Pack the files again as an ordinary zip.") from error
        if not all(info.filename for info in infos):
            raise UploadBroken("The archive holds a file without a name. Pack the files again as an ordinary zip.")
        _measure(infos, len(data), limits)
        self._infos = infos
        self.entries = tuple(_entry(key, info) for key, info in enumerate(infos) if not info.is_dir())

    def read(self, entry: Entry) -> bytes:
        """The content of one entry. Raises UploadBroken when it does not unpack to what the directory states."""
        try:
            return self._zip.read(self._infos[entry.key])
        except _BAD_ZIP as error:
            raise UploadBroken(f"{entry.name} cannot be unpacked. Pack the files again as an ordinary zip.") from error

    def refuse_xml_entities(self) -> None:
        """Raise UploadBroken when an XML part declares a document type: Office files never do, XML bombs must."""
        for entry in self.entries:
            if entry.name.lower().endswith((".xml", ".rels", ".vml")) and _declares_type(self.read(entry)):
                raise UploadBroken("The document declares XML types, which no office program does. Save it again as a new file.")


def _declares_type(part: bytes) -> bool:
    if b"\x00" in part[:4] or part[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        part = part.replace(b"\x00", b"")
    return any(mark in part for mark in _FORBIDDEN_XML)


def _measure(infos: list[zipfile.ZipInfo], packed: int, limits: UploadLimits) -> None:
    if len(infos) > limits.max_archive_entries:
        raise UploadTooLarge(
            f"The archive holds more than {limits.max_archive_entries} files. Split it.",
            limit=limits.max_archive_entries,
            unit="files",
        )
    unpacked = sum(info.file_size for info in infos)
    if unpacked > limits.max_unpacked_bytes:
        raise UploadTooLarge(
            f"The archive unpacks to more than {limits.max_unpacked_bytes} bytes. Split it.",
            limit=limits.max_unpacked_bytes,
            unit="bytes",
        )
    if unpacked > _RATIO_FREE_BYTES and unpacked > packed * limits.max_unpack_ratio:
        raise UploadTooLarge(
            f"The archive unpacks to more than {limits.max_unpack_ratio} times its size. Send the files without packing them.",
            limit=limits.max_unpack_ratio,
            unit="ratio",
        )


def _entry(key: int, info: zipfile.ZipInfo) -> Entry:
    name = _decoded_name(info).replace("\\", "/")
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    return Entry(
        name=name,
        key=key,
        size=info.file_size,
        is_encrypted=bool(info.flag_bits & _ENCRYPTED),
        is_link=stat.S_ISLNK(mode),
        leaves_folder=name.startswith("/") or ".." in name.split("/") or _DRIVE.match(name) is not None,
    )


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are in the packer's own encoding: UTF-8 on macOS, GBK on Chinese Windows."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
