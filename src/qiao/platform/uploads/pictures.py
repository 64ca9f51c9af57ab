"""Pictures from strangers: measured before they are decoded, cleaned of what they tell about their maker, made small.

All sizes are pixels. Only PNG, JPEG, WebP and GIF are ever opened, whatever other formats the library knows.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from qiao.kit.lazy import lazy
from qiao.platform.uploads.errors import DEFAULT_LIMITS, ImageTooLarge, UploadBroken, UploadLimits

if TYPE_CHECKING:
    from PIL import Image, ImageOps, ImageSequence
else:
    Image, ImageOps, ImageSequence = lazy("PIL.Image"), lazy("PIL.ImageOps"), lazy("PIL.ImageSequence")

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)
_CONFUSED = (IndexError, KeyError, TypeError, OverflowError, AttributeError)
_PERSONAL = ("exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment", "Raw profile type exif", "Raw profile type iptc")
_ORIENTATION = 0x0112
_SUSPICIOUS_PIXELS = 4_000_000
_MAX_PIXEL_RATIO = 2_000
_MAX_PROFILE = 64 * 1024


def measure_picture(data: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> tuple[int, int]:
    """Width and height of a sound picture.

    Raises ImageTooLarge before decoding when it would unpack to too much, UploadBroken when it cannot be read to its
    end. Decodes one frame, so that a file which only begins like a picture is not taken for one.
    """
    with _opened(data, limits) as image:
        width, height = image.size
        image.draft("RGB", (64, 64))
        image.load()
    if data.startswith(b"\x89PNG"):
        with _opened(data, limits) as image:
            image.verify()
    return width, height


def thumbnail(data: bytes, max_side: int = 640, limits: UploadLimits = DEFAULT_LIMITS) -> bytes:
    """A still WebP whose longer side is at most `max_side`, upright and without metadata. Never enlarges.

    Raises ImageTooLarge and UploadBroken.
    """
    with _opened(data, limits) as image:
        image.draft("RGB", (max_side, max_side))
        profile = _profile(image)
        small = ImageOps.exif_transpose(image)
        small.thumbnail((max_side, max_side))
        return _saved(_plain(small), "WEBP", quality=82, method=4, exif=b"", xmp=b"", icc_profile=profile)


def clean_image(data: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> bytes:
    """The same picture in the same format without EXIF, GPS, XMP, IPTC and comments; turned upright when EXIF said so.

    Returns `data` itself when there is nothing to remove. The colour profile stays. Raises ImageTooLarge and UploadBroken.
    """
    with _opened(data, limits) as image:
        if not _tells_about_its_maker(image):
            return data
        if image.format in {"JPEG", "MPO"}:
            return _clean_jpeg(image)
        return _clean_frames(image)


@contextmanager
def _opened(data: bytes, limits: UploadLimits) -> Generator[Image.Image]:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _refuse_bombs(image, len(data), limits)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(limits) from error
    except (*_BROKEN, *_CONFUSED) as error:
        raise UploadBroken("The picture cannot be read. Save it again as PNG or JPEG and send that.") from error


def _refuse_bombs(image: Image.Image, size: int, limits: UploadLimits) -> None:
    width, height = image.size
    pixels = width * height
    if max(width, height) > limits.max_side or pixels > limits.max_pixels:
        raise _too_large(limits, width=width, height=height)
    if pixels > _SUSPICIOUS_PIXELS and pixels * 4 > size * _MAX_PIXEL_RATIO:
        raise _too_large(limits, width=width, height=height, bytes=size)
    if pixels * int(getattr(image, "n_frames", 1)) > limits.max_animation_pixels:
        raise _too_large(limits, width=width, height=height, frames=int(getattr(image, "n_frames", 1)))


def _too_large(limits: UploadLimits, **found: int) -> ImageTooLarge:
    megapixels = limits.max_pixels // 1_000_000
    return ImageTooLarge(
        f"The picture has too many pixels. Make it smaller than {megapixels} megapixels and {limits.max_side} pixels a side.",
        max_pixels=limits.max_pixels,
        max_side=limits.max_side,
        **found,
    )


def _tells_about_its_maker(image: Image.Image) -> bool:
    has_text = bool(getattr(image, "text", None))
    # A second picture behind the first (MPO) carries its own EXIF.
    return has_text or image.format == "MPO" or bool(image.getexif()) or any(image.info.get(key) for key in _PERSONAL)


def _clean_jpeg(image: Image.Image) -> bytes:
    profile = _profile(image)
    if image.format == "JPEG" and image.getexif().get(_ORIENTATION, 1) == 1:
        # Same tables, same subsampling: re-encoded without a visible loss.
        return _saved(image, "JPEG", quality="keep", exif=b"", comment=b"", xmp=b"", icc_profile=profile)
    upright = ImageOps.exif_transpose(image)
    return _saved(upright, "JPEG", quality=92, exif=b"", comment=b"", xmp=b"", icc_profile=profile)


def _clean_frames(image: Image.Image) -> bytes:
    kept: dict[str, Any] = {key: image.info[key] for key in ("transparency", "background") if key in image.info}
    options: dict[str, Any] = {"exif": b"", "xmp": b"", "icc_profile": _profile(image)}
    if image.format == "GIF":
        options = {"comment": b""}
    if image.format == "WEBP":
        options |= {"quality": 92, "method": 4}
    if int(getattr(image, "n_frames", 1)) == 1:
        upright = ImageOps.exif_transpose(image)
        still = upright.copy()
        still.info.clear()
        still.info.update({} if image.format == "WEBP" else kept)
        return _saved(still, str(image.format), **options)
    frames: list[Image.Image] = []
    durations: list[int] = []
    for frame in ImageSequence.Iterator(image):
        durations.append(int(frame.info.get("duration", 100)))
        copy = frame.copy()
        copy.info.clear()
        frames.append(copy)
    options |= {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": int(image.info.get("loop", 0))}
    return _saved(frames[0], str(image.format), **options)


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in {"RGB", "RGBA"}:
        return image
    has_alpha = image.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _profile(image: Image.Image) -> bytes:
    found = image.info.get("icc_profile")
    # A profile of another colour model would no longer fit the converted picture.
    if not isinstance(found, bytes) or len(found) > _MAX_PROFILE or image.mode not in {"RGB", "RGBA"}:
        return b""
    return found


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
