"""Names of uploaded files: harmless to show, exact in headers."""

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.platform.uploads.api import content_disposition, safe_name


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\发票.pdf", "发票.pdf"),
        ("..%2f..%2fshadow.txt", "shadow.txt"),
        ("\u200b.htaccess", "htaccess"),
        ("...hidden.txt", "hidden.txt"),
        ("a\x00b.txt", "ab.txt"),
        ("a%00.txt", "a.txt"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("line\r\nSet-Cookie: x.txt", "lineSet-Cookie_ x.txt"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("aux .tar.gz", "_aux .tar.gz"),
        ("COM1.log", "_COM1.log"),
        ("console.txt", "console.txt"),
        ('quo"te<>|?*.txt', "quo_te_____.txt"),
        ("cafe\u0301.txt", "café.txt"),
        ("  a   b .txt ", "a b.txt"),
        ("", "file"),
        ("..", "file"),
        ("\u3164\u2800", "file"),
        ("订单（1）.xlsx", "订单（1）.xlsx"),
        ("trailing. . .", "trailing"),
    ],
)
def test_a_name_loses_what_could_harm(written: str, expected: str):
    assert safe_name(written) == expected


def test_a_long_name_keeps_its_extension():
    assert safe_name("长" * 4000 + ".pdf") == "长" * 116 + ".pdf"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a.jpeg", "a.jpeg"),
        ("a.JPG", "a.JPG"),
        ("a.html", "a.html.jpg"),
        ("a", "a.jpg"),
        (".jpg", "jpg.jpg"),
        ("con", "_con.jpg"),
    ],
)
def test_a_name_ends_in_an_extension_of_its_type(written: str, expected: str):
    assert safe_name(written, ("jpg", "jpeg")) == expected


@given(st.text(max_size=300), st.sampled_from([(), ("png",), ("jpg", "jpeg")]))
def test_no_name_escapes_the_rules(written: str, extensions: tuple[str, ...]):
    name = safe_name(written, extensions)
    assert 0 < len(name) <= 120
    assert not name.startswith((".", " "))
    assert not set(name) & set('/\\<>:"|?*')
    assert not {unicodedata.category(character) for character in name} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert unicodedata.normalize("NFC", name) == name
    assert not extensions or name.rpartition(".")[2].lower() in extensions
    assert safe_name(name, extensions) == name


def test_a_plain_name_needs_one_form():
    assert content_disposition("report.pdf", inline=False) == 'attachment; filename="report.pdf"'


def test_other_names_are_sent_in_both_forms():
    header = content_disposition("退款 说明'1'.pdf", inline=True)
    assert header == "inline; filename=\"__ ___1_.pdf\"; filename*=UTF-8''%E9%80%80%E6%AC%BE%20%E8%AF%B4%E6%98%8E%271%27.pdf"


@given(st.text(max_size=200))
def test_no_name_breaks_out_of_its_header(written: str):
    header = content_disposition(written, inline=False)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    head, _, exact = header.partition("; filename*=UTF-8''")
    assert head.startswith('attachment; filename="')
    assert not set(exact) & set(" ;,\"'()<>@\\/[]?={}")
    assert "\n" not in unquote(exact)
