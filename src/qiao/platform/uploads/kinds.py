"""What a file is, told by its bytes alone. The signatures are those of the published formats; SVG and HTML are known
only to be refused. Whether the file is sound is checked in `api`.
"""

import re
from enum import StrEnum

from msgspec import Struct

from qiao.platform.uploads.text_files import decode_text


class Family(StrEnum):
    """How a type is checked further and how it may be served."""

    PICTURE = "picture"
    DOCUMENT = "document"
    TEXT = "text"
    ARCHIVE = "archive"
    SOUND = "sound"
    VIDEO = "video"


class FileType(Struct, frozen=True):
    """One accepted type; the first extension is the one we give."""

    content_type: str
    family: Family
    extensions: tuple[str, ...]


PNG = FileType("image/png", Family.PICTURE, ("png",))
JPEG = FileType("image/jpeg", Family.PICTURE, ("jpg", "jpeg"))
WEBP = FileType("image/webp", Family.PICTURE, ("webp",))
GIF = FileType("image/gif", Family.PICTURE, ("gif",))
PDF = FileType("application/pdf", Family.DOCUMENT, ("pdf",))
DOCX = FileType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Family.ARCHIVE, ("docx",))
XLSX = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Family.ARCHIVE, ("xlsx",))
ZIP = FileType("application/zip", Family.ARCHIVE, ("zip",))
PLAIN = FileType("text/plain", Family.TEXT, ("txt", "log"))
CSV = FileType("text/csv", Family.TEXT, ("csv", "tsv"))
MARKDOWN = FileType("text/markdown", Family.TEXT, ("md", "markdown"))
MP4 = FileType("video/mp4", Family.VIDEO, ("mp4", "m4v"))
WEBM = FileType("video/webm", Family.VIDEO, ("webm",))
WEBM_SOUND = FileType("audio/webm", Family.SOUND, ("webm", "weba"))
M4A = FileType("audio/mp4", Family.SOUND, ("m4a",))
MP3 = FileType("audio/mpeg", Family.SOUND, ("mp3",))
OGG = FileType("audio/ogg", Family.SOUND, ("ogg", "oga", "opus"))
WAV = FileType("audio/wav", Family.SOUND, ("wav",))
AMR = FileType("audio/amr", Family.SOUND, ("amr",))
"""What phones of several messengers record (RFC 4867, 5); browsers do not play it."""

ACCEPTED = (
    *(PNG, JPEG, WEBP, GIF, PDF, DOCX, XLSX, ZIP, PLAIN, CSV, MARKDOWN),
    *(MP4, WEBM, WEBM_SOUND, M4A, MP3, OGG, WAV, AMR),
)

_HEAD = 4096
_PREFIXES = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"#!AMR\n", AMR),
    (b"#!AMR-WB\n", AMR),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
)
# What a browser would take for a page or a drawing (the tags of the WHATWG MIME sniffing table, and SVG).
_MARKUP = re.compile(
    r"[\s\ufeff\u200b]*(?:<!--|<\?xml|<(?:!doctype|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|math|meta|link|object"
    r"|embed|base|form|img|template)(?:[\s>/]|$))",
    re.IGNORECASE,
)
_MP4_BRANDS = re.compile(rb"isom|iso[2-9]|mp4[0-9]|avc1|dash|M4V[ HP]|MSNV|mmp4|f4v |NDS[CHMPSX]")
_M4A_BRANDS = re.compile(rb"M4A |M4B |M4P ")
_HANDLER = re.compile(rb"hdlr.{8}(vide|soun)", re.DOTALL)
_OGG_SOUND = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
# Eleven ones and layer III; a header shorter than four bytes never has the ones in this place.
_MP3_SYNC_MASK = 0xFFE60000
_MP3_SYNC = 0xFFE20000
_MPEG_1 = 3
_MP3_RATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_MP3_SAMPLES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def detect_type(data: bytes, file_name: str) -> FileType | str:
    """The accepted type of `data`, or a word for what it is instead.

    `file_name` only chooses between plain text, CSV and Markdown, which no content tells apart and which are equally
    harmless. An Office file is answered as ZIP here; its parts tell the rest.
    """
    for prefix, found in _PREFIXES:
        if data.startswith(prefix):
            return found
    for detect in (_riff, _iso_media, _matroska, _ogg, _mp3):
        found = detect(data)
        if found is not None:
            return found
    return _text(data, file_name)


def starts_like_markup(text: str) -> bool:
    """Whether a browser could take `text` for HTML, XML or SVG if it were let to guess."""
    return _MARKUP.match(text) is not None


def _riff(data: bytes) -> FileType | str | None:
    if data[:4] != b"RIFF":
        return None
    return {b"WEBP": WEBP, b"WAVE": WAV}.get(data[8:12], "riff")


def _iso_media(data: bytes) -> FileType | str | None:
    if data[4:8] != b"ftyp":
        return None
    brand = data[8:12]
    if _M4A_BRANDS.fullmatch(brand):
        return M4A
    if not _MP4_BRANDS.fullmatch(brand):
        return brand.decode("ascii", "replace").strip() or "media"
    handlers = set(_HANDLER.findall(data))
    return M4A if handlers == {b"soun"} else MP4


def _matroska(data: bytes) -> FileType | str | None:
    if data[:4] != b"\x1a\x45\xdf\xa3":
        return None
    head = data[:_HEAD]
    if b"webm" not in head[:64]:
        return "matroska"
    has_picture = b"V_VP8" in head or b"V_VP9" in head or b"V_AV1" in head
    has_sound = b"A_OPUS" in head or b"A_VORBIS" in head
    return WEBM_SOUND if has_sound and not has_picture else WEBM


def _ogg(data: bytes) -> FileType | str | None:
    if data[:4] != b"OggS":
        return None
    head = data[:_HEAD]
    if b"\x80theora" in head or not any(mark in head for mark in _OGG_SOUND):
        return "ogg video"
    return OGG


def _mp3(data: bytes) -> FileType | None:
    if data[:3] == b"ID3":
        return MP3
    length = _mp3_frame_length(data[:4])
    # One frame header is two bytes of luck; a second one where the first says it ends is not.
    if length and _mp3_frame_length(data[length : length + 4]):
        return MP3
    return None


def _mp3_frame_length(header: bytes) -> int:
    """Bytes of an MPEG layer III frame (ISO 11172-3 and 13818-3), 0 when `header` is none."""
    bits = int.from_bytes(header, "big")
    version, rate, sample = bits >> 19 & 3, bits >> 12 & 15, bits >> 10 & 3
    if bits & _MP3_SYNC_MASK != _MP3_SYNC or version not in _MP3_SAMPLES:
        return 0
    if not 0 < rate < len(_MP3_RATES[0]) or sample == len(_MP3_SAMPLES[version]):
        return 0
    is_first = version == _MPEG_1
    kilobits = _MP3_RATES[0 if is_first else 1][rate]
    padding = bits >> 9 & 1
    return (144 if is_first else 72) * kilobits * 1000 // _MP3_SAMPLES[version][sample] + padding


def _text(data: bytes, file_name: str) -> FileType | str:
    text = decode_text(data)
    if text is None:
        return "unknown"
    if starts_like_markup(text):
        return "markup"
    extension = file_name.rpartition(".")[2].lower()
    for kind in (CSV, MARKDOWN):
        if extension in kind.extensions:
            return kind
    return PLAIN
