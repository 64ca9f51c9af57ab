"""Bytes as text."""

import codecs

import pytest

from qiao.platform.uploads.text_files import decode_text

TEXT = "问题,答案\r\n如何退款？,七天内可退\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_text_is_read_in_each_encoding(encoding: str):
    assert decode_text(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_latin_text_in_utf16_needs_no_mark(encoding: str):
    assert decode_text("question;answer\r\n".encode(encoding)) == "question;answer\r\n"


def test_big_endian_is_read_by_its_mark():
    assert decode_text(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")) == TEXT


@pytest.mark.parametrize(
    "data", [b"a\0b", b"\x1b\x01\x02", b"\xff\xff\xff", b"abc\xff\xfe\xff", bytes(range(256)), b"\xef\xbb\xbf\xff"]
)
def test_other_bytes_are_not_text(data: bytes):
    assert decode_text(data) is None
