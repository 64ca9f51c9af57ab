"""Why an uploaded file was not taken, and the bounds it was held to. The checks themselves are in `api`."""

from msgspec import Struct

from qiao.kit.errors import QiaoError

MEBIBYTE = 1024 * 1024


class UploadLimits(Struct, frozen=True, kw_only=True):
    """Bounds for one upload. Bytes are bytes; pixels are width x height of one frame; sides are pixels."""

    max_bytes: int = 20 * MEBIBYTE
    max_pixels: int = 40_000_000
    max_side: int = 16_384
    max_animation_pixels: int = 600_000_000
    max_archive_entries: int = 10_000
    max_unpacked_bytes: int = 500 * MEBIBYTE
    max_unpack_ratio: int = 200


DEFAULT_LIMITS = UploadLimits()


class UploadRefused(QiaoError):
    """The file was not taken. Sending the same file again gives the same answer."""

    code = "uploads.refused"
    status = 422


class UploadEmpty(UploadRefused):
    """The file has no content."""

    code = "uploads.empty"
    status = 422


class UploadTooLarge(UploadRefused):
    """Over the bound for bytes, packed or unpacked; `details["limit"]` holds it."""

    code = "uploads.too_large"
    status = 413


class UploadTypeNotAllowed(UploadRefused):
    """The content is of a kind that is not accepted, whatever the name says; `details["found"]` names it."""

    code = "uploads.type_not_allowed"
    status = 415


class ImageTooLarge(UploadRefused):
    """The picture would unpack to more pixels than we decode; `details` holds its size and the bound."""

    code = "uploads.image_too_large"
    status = 413


class UploadBroken(UploadRefused):
    """The content begins like a kind we accept but cannot be read to its end."""

    code = "uploads.broken"
    status = 422
