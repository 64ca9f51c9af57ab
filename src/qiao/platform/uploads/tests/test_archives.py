"""Zip files from strangers, measured before they are unpacked."""

import io
import stat
import zipfile

import pytest

from qiao.platform.uploads.api import UploadBroken, UploadLimits, UploadTooLarge, inspect_upload
from qiao.platform.uploads.archives import Archive

pytestmark = pytest.mark.slow

LIMITS = UploadLimits()


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def with_raw_name(name: bytes, content: bytes = b"x") -> bytes:
    """As a packer without the UTF-8 flag writes it."""
    return packed(("N" * len(name), content)).replace(b"N" * len(name), name)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "ascii"])
def test_names_are_read_in_the_encoding_of_the_packer(encoding: str):
    name = {"ascii": "refund.md"}.get(encoding, "退款说明.md")
    assert [entry.name for entry in Archive(with_raw_name(name.encode(encoding)), LIMITS).entries] == [name]


def test_an_entry_is_read():
    archive = Archive(packed(("文件夹/", b""), ("文件夹/a.md", b"hello")), LIMITS)
    assert [(entry.name, archive.read(entry)) for entry in archive.entries] == [("文件夹/a.md", b"hello")]


@pytest.mark.parametrize("name", ["../a.md", "x/../../a.md", "/etc/a.md", "C:/a.md", "..\\a.md"])
def test_paths_that_leave_the_folder_are_marked(name: str):
    assert [entry.leaves_folder for entry in Archive(packed((name, b"x")), LIMITS).entries] == [True]


def test_links_are_marked():
    assert [entry.is_link for entry in Archive(packed((link("a.md"), b"/etc/passwd"), ("b.md", b"x")), LIMITS).entries] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    "limits",
    [UploadLimits(max_archive_entries=2), UploadLimits(max_unpacked_bytes=10_000_000), UploadLimits(max_unpack_ratio=100)],
)
def test_bombs_are_refused_by_their_directory(limits: UploadLimits):
    bomb = packed(("a", b"\0" * 6_000_000), ("b", b"\0" * 6_000_000), ("c", b"x"))
    with pytest.raises(UploadTooLarge) as refused:
        inspect_upload(bomb, "a.zip", limits)
    assert refused.value.status == 413


def test_an_entry_that_lies_about_its_size_is_not_unpacked_further():
    data = packed(("a.txt", b"a" * 100_000))
    start = data.index(b"PK\x01\x02") + 24
    lying = data[:start] + (10).to_bytes(4, "little") + data[start + 4 :]
    archive = Archive(lying, LIMITS)
    with pytest.raises(UploadBroken):
        archive.read(archive.entries[0])


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\xff" * 18, packed(("a", b"x" * 999))[:-30]])
def test_what_is_no_zip_is_refused(data: bytes):
    with pytest.raises(UploadBroken):
        Archive(data, LIMITS)


def test_a_file_without_a_name_is_refused():
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        file.writestr("a", b"tea")
    nameless = bytearray(whole.getvalue())
    directory = nameless.rindex(b"PK\x01\x02")
    nameless[directory + 28 : directory + 30] = b"\0\0"
    # What was its name is a comment now, so that the rest stands where it stood.
    nameless[directory + 32 : directory + 34] = b"\1\0"
    with pytest.raises(UploadBroken, match="without a name"):
        Archive(bytes(nameless), UploadLimits())
