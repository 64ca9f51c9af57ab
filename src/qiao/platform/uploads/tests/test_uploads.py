"""What may be uploaded, told by its content."""

import io
import struct
import wave
import zipfile
import zlib

import pytest
from PIL import Image

from qiao.platform.uploads.api import (
    ImageTooLarge,
    UploadBroken,
    UploadEmpty,
    UploadLimits,
    UploadTooLarge,
    UploadTypeNotAllowed,
    inspect_upload,
    may_show_inline,
)

pytestmark = pytest.mark.slow


def picture(kind: str, size: tuple[int, int] = (30, 20), **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(b"\0\0" * 80)
    return out.getvalue()


def mp4(brand: bytes, *handlers: bytes) -> bytes:
    boxes = b"".join(b"\0\0\0\x20hdlr" + b"\0" * 8 + handler + b"\0" * 12 for handler in handlers)
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\x02\0isommp41" + boxes


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + header
        + struct.pack(">I", zlib.crc32(header))
        + b"\0\0\0\0IDAT5\xaf\x06\x1e"
    )


MP3_FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413
OFFICE = b"<Types/>"
WEBM_HEAD = b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"


@pytest.mark.parametrize(
    ("data", "name", "content_type", "extension"),
    [
        (picture("PNG"), "a.png", "image/png", "png"),
        (picture("JPEG"), "a.jpeg", "image/jpeg", "jpg"),
        (picture("WEBP"), "a.webp", "image/webp", "webp"),
        (picture("GIF"), "a.gif", "image/gif", "gif"),
        (b"%PDF-1.7\n1 0 obj\n%%EOF\n", "a.pdf", "application/pdf", "pdf"),
        (packed(**{"a.txt": b"x"}), "a.zip", "application/zip", "zip"),
        (packed(**{"[Content_Types].xml": OFFICE, "word/document.xml": b"<d/>"}), "合同.docx", None, "docx"),
        (packed(**{"[Content_Types].xml": OFFICE, "xl/workbook.xml": b"<w/>"}), "a.xlsx", None, "xlsx"),
        ("问题,答案\n".encode(), "a.csv", "text/csv", "csv"),
        ("问题,答案\n".encode("gb18030"), "a.csv", "text/csv", "csv"),
        ("\ufeff你好".encode("utf-16"), "a.txt", "text/plain", "txt"),
        (b"# Title\n", "README.md", "text/markdown", "md"),
        (b"<3 this shop, 1 < 2", "a.txt", "text/plain", "txt"),
        (mp4(b"isom", b"vide", b"soun"), "a.mp4", "video/mp4", "mp4"),
        (mp4(b"M4A ", b"soun"), "a.m4a", "audio/mp4", "m4a"),
        (mp4(b"mp42", b"soun"), "voice.m4a", "audio/mp4", "m4a"),
        (WEBM_HEAD + b"\x86\x85V_VP8", "a.webm", "video/webm", "webm"),
        (WEBM_HEAD + b"\x86\x86A_OPUS", "a.webm", "audio/webm", "webm"),
        (b"OggS\0\x02" + b"\0" * 20 + b"\x01\x13OpusHead", "a.ogg", "audio/ogg", "ogg"),
        (sound(), "a.wav", "audio/wav", "wav"),
        (b"#!AMR\n" + bytes(64), "语音.amr", "audio/amr", "amr"),
        (b"#!AMR-WB\n" + bytes(64), "a.amr", "audio/amr", "amr"),
        (b"ID3\x04\0\0\0\0\0\0" + MP3_FRAME, "a.mp3", "audio/mpeg", "mp3"),
        (MP3_FRAME + MP3_FRAME, "a.mp3", "audio/mpeg", "mp3"),
    ],
)
def test_each_accepted_kind_is_known_by_its_content(data: bytes, name: str, content_type: str | None, extension: str):
    found = inspect_upload(data, name)
    assert found.extension == extension
    assert found.content_type == (content_type or found.content_type)
    assert found.size == len(data)
    assert found.safe_name.rpartition(".")[2] in {extension, name.rpartition(".")[2]}


@pytest.mark.parametrize("name", ["photo.exe", "photo.html", "photo", "photo.png.svg", "../../photo.php"])
def test_the_name_never_decides(name: str):
    found = inspect_upload(picture("PNG"), name)
    assert (found.content_type, found.width, found.height) == ("image/png", 30, 20)
    assert found.safe_name.endswith(".png")
    assert "/" not in found.safe_name


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"\xef\xbb\xbf  \n<!DOCTYPE html><p>hi",
        "\ufeff<html>".encode("utf-16"),
        b"<\x00" + b"h\0t\0m\0l\0>\0",
        b"<!-- x --><script>alert(1)</script>",
        b"<SCRIPT src=//evil></SCRIPT>",
        b"<img src=x onerror=alert(1)>",
        b"<html>" + picture("GIF"),
        b"\x7fELF\x02\x01\x01" + b"\0" * 60,
        b"MZ\x90\0" + b"\0" * 60,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
        b"Rar!\x1a\x07\x01\0\xff\xfe",
        b"BM" + b"\0" * 60,
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\x1a\x45\xdf\xa3\x42\x82\x88matroska",
        b"RIFF\0\0\0\0AVI LIST",
        b"OggS\0\x02" + b"\0" * 20 + b"\x80theora\x01\x13OpusHead",
        packed(**{"[Content_Types].xml": OFFICE, "word/document.xml": b"<d/>", "word/vbaProject.bin": b"x"}),
        packed(**{"[Content_Types].xml": OFFICE, "ppt/presentation.xml": b"<d/>"}),
        bytes(range(256)) * 4,
    ],
)
def test_other_kinds_are_refused_whatever_they_are_called(data: bytes):
    with pytest.raises(UploadTypeNotAllowed) as refused:
        inspect_upload(data, "innocent.png")
    assert (refused.value.code, refused.value.status) == ("uploads.type_not_allowed", 415)
    assert "Accepted are" in refused.value.message


def test_an_empty_file_is_refused():
    with pytest.raises(UploadEmpty) as refused:
        inspect_upload(b"", "a.txt")
    assert (refused.value.code, refused.value.status) == ("uploads.empty", 422)


def test_a_file_over_the_limit_is_refused_and_told_the_limit():
    with pytest.raises(UploadTooLarge) as refused:
        inspect_upload(b"a" * 101, "a.txt", UploadLimits(max_bytes=100))
    assert (refused.value.code, refused.value.status, refused.value.details["limit"]) == ("uploads.too_large", 413, 100)
    assert inspect_upload(b"a" * 100, "a.txt", UploadLimits(max_bytes=100)).size == 100


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (16_385, 10), (10, 16_385), (8_000, 5_001), (2_000_000_000, 1)])
def test_a_pixel_flood_is_refused_by_its_header(width: int, height: int):
    with pytest.raises(ImageTooLarge) as refused:
        inspect_upload(png_header(width, height), "a.png")
    assert (refused.value.code, refused.value.status) == ("uploads.image_too_large", 413)


@pytest.mark.slow
def test_a_picture_that_unpacks_out_of_proportion_is_refused():
    out = io.BytesIO()
    Image.new("RGB", (6000, 6000)).save(out, "WEBP", lossless=True)
    with pytest.raises(ImageTooLarge):
        inspect_upload(out.getvalue(), "a.webp")


def test_an_animation_that_is_too_much_in_sum_is_refused():
    frames = [Image.new("RGB", (200, 200), (number * 8, 0, 0)) for number in range(30)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert inspect_upload(out.getvalue(), "a.gif").width == 200
    with pytest.raises(ImageTooLarge):
        inspect_upload(out.getvalue(), "a.gif", UploadLimits(max_animation_pixels=1_000_000))


@pytest.mark.parametrize(
    "data",
    [
        picture("PNG")[:200],
        picture("PNG")[:-30] + b"\0" * 30,
        picture("JPEG")[:300],
        picture("WEBP")[:60],
        b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)",
        b"GIF89a",
        b"\xff\xd8\xff",
        b"PK\x03\x04" + b"\0" * 100,
        b"%PDF-1.7\n1 0 obj",
        packed(**{"[Content_Types].xml": OFFICE, "word/document.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><d>&a;</d>"}),
        packed(**{"[Content_Types].xml": OFFICE, "word/document.xml": "\ufeff<!DOCTYPE x><d/>".encode("utf-16")}),
    ],
)
def test_broken_and_double_faced_files_are_refused(data: bytes):
    with pytest.raises(UploadBroken) as refused:
        inspect_upload(data, "a.bin")
    assert (refused.value.code, refused.value.status) == ("uploads.broken", 422)


def test_markup_in_a_picture_comment_stays_a_picture():
    assert inspect_upload(picture("JPEG", comment=b"<script>alert(1)</script>"), "a.html").content_type == "image/jpeg"


@pytest.mark.parametrize("content_type", ["image/png", "video/mp4", "audio/webm"])
def test_media_may_be_shown_in_place(content_type: str):
    assert may_show_inline(content_type)


@pytest.mark.parametrize("content_type", ["application/pdf", "text/plain", "text/html", "image/svg+xml", "application/zip", ""])
def test_everything_else_is_only_offered_for_download(content_type: str):
    assert not may_show_inline(content_type)
