"""What every file from outside must pass before it is stored: size, real type, soundness, a harmless name.

Leaves to others: where files are stored (under a random name), scanning for viruses, who may upload and download.
Pure: no disk, no network. The same bytes always give the same answer.
"""

from msgspec import Struct

from qiao.platform.uploads import kinds
from qiao.platform.uploads.archives import Archive
from qiao.platform.uploads.errors import (
    DEFAULT_LIMITS,
    MEBIBYTE,
    ImageTooLarge,
    UploadBroken,
    UploadEmpty,
    UploadLimits,
    UploadRefused,
    UploadTooLarge,
    UploadTypeNotAllowed,
)
from qiao.platform.uploads.names import content_disposition, safe_name
from qiao.platform.uploads.pictures import clean_image, measure_picture, thumbnail

__all__ = [
    "DEFAULT_LIMITS",
    "ImageTooLarge",
    "InspectedUpload",
    "UploadBroken",
    "UploadEmpty",
    "UploadLimits",
    "UploadRefused",
    "UploadTooLarge",
    "UploadTypeNotAllowed",
    "clean_image",
    "content_disposition",
    "inspect_upload",
    "may_show_inline",
    "safe_name",
    "thumbnail",
]

_INLINE = frozenset(
    kind.content_type for kind in kinds.ACCEPTED if kind.family in {kinds.Family.PICTURE, kinds.Family.SOUND, kinds.Family.VIDEO}
)
_ACCEPTED_WORDS = "pictures (PNG, JPEG, WebP, GIF), PDF, Word, Excel, text, CSV, Markdown, zip, MP4, WebM, MP3, OGG, WAV, M4A"
_OFFICE_MARK = "[content_types].xml"
_PDF_TAIL = 2048


class InspectedUpload(Struct, frozen=True, kw_only=True):
    """A file that may be stored. `content_type` is what the bytes are; width and height are pixels, None unless a picture."""

    content_type: str
    extension: str
    safe_name: str
    width: int | None
    height: int | None
    size: int


def inspect_upload(data: bytes, file_name: str, limits: UploadLimits = DEFAULT_LIMITS) -> InspectedUpload:
    """What `data` really is, or the reason it is not taken.

    The type comes from the content; the name chooses only between plain text, CSV and Markdown. Raises a subclass of
    UploadRefused: UploadEmpty, UploadTooLarge, UploadTypeNotAllowed, ImageTooLarge, UploadBroken.
    """
    if not data:
        raise UploadEmpty("The file is empty. Choose another file.")
    if len(data) > limits.max_bytes:
        raise _too_many_bytes(limits.max_bytes)
    found = kinds.detect_type(data, file_name)
    if isinstance(found, str):
        raise _not_allowed(found)
    width = height = None
    if found.family is kinds.Family.PICTURE:
        width, height = measure_picture(data, limits)
    elif found is kinds.ZIP:
        found = _office_or_zip(Archive(data, limits))
    elif found is kinds.PDF and b"%%EOF" not in data[-_PDF_TAIL:]:
        raise UploadBroken("The PDF is cut off. Export it again and send the whole file.")
    name = safe_name(file_name, found.extensions)
    return InspectedUpload(
        content_type=found.content_type,
        extension=found.extensions[0],
        safe_name=name,
        width=width,
        height=height,
        size=len(data),
    )


def may_show_inline(content_type: str) -> bool:
    """Whether a browser may show it in place. Everything else is offered as a download only; PDF and text too."""
    return content_type in _INLINE


def _office_or_zip(archive: Archive) -> kinds.FileType:
    names = {entry.name.lower() for entry in archive.entries}
    if _OFFICE_MARK not in names:
        return kinds.ZIP
    if any(name.endswith("vbaproject.bin") for name in names):
        raise _not_allowed("office file with macros")
    archive.refuse_xml_entities()
    if "word/document.xml" in names:
        return kinds.DOCX
    if "xl/workbook.xml" in names:
        return kinds.XLSX
    raise _not_allowed("office file of another kind")


def _too_many_bytes(limit: int) -> UploadTooLarge:
    return UploadTooLarge(
        f"The file is larger than {limit / MEBIBYTE:g} MB. Make it smaller or split it.", limit=limit, unit="bytes"
    )


def _not_allowed(found: str) -> UploadTypeNotAllowed:
    return UploadTypeNotAllowed(f"Files of this kind are not accepted ({found}). Accepted are {_ACCEPTED_WORDS}.", found=found)
