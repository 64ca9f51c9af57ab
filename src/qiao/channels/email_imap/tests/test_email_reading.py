"""What a letter says, whatever its sender's program made of it."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qiao.channels.email_imap.adapter import Adapter
from qiao.channels.email_imap.addresses import one_mailbox, strict
from qiao.channels.email_imap.codec import inbound_of
from qiao.channels.email_imap.mime import MAX_FILES, MailUnreadable
from qiao.channels.email_imap.tests.letters import CUSTOMER, MAILBOX, inbox, letter, parted, read
from qiao.channels.registry import read_manifest
from qiao.kit.errors import Refused
from qiao.ports.channel import RawReceipt


def test_a_plain_letter():
    message = read(letter(body="水壶漏水了\r\n怎么办？"))
    assert (message.text, message.subject) == ("水壶漏水了\n怎么办？", "一只茶杯")
    assert (message.sender.address, message.sender.name) == (CUSTOMER, "林语桐")
    assert message.sent_at == datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert not message.automatic


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("gb2312", "gb18030"),  # a label that is too narrow, as most Chinese programs write it
        ("gb18030", "gb18030"),
        ("big5", "big5"),
        ("utf-8", "utf-8"),
        ("us-ascii", "utf-8"),
        ("iso-8859-1", "utf-8"),
        ("us-ascii", "gb18030"),
        ("utf-8", "gb18030"),
        ("x-unknown", "utf-8"),
        ("rot13", "utf-8"),
        ("idna", "utf-8"),
        ("", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_charsets_are_read_as_they_are_meant(declared: str, written: str):
    text = "請問這個可以退貨嗎，謝謝您" if written == "big5" else "请问这个可以退货吗，朱镕基，谢谢您"
    raw = parted([(f'Content-Type: text/plain; charset="{declared}"', text.encode(written))])
    assert read(raw).text == text


def test_japanese_and_western_letters():
    assert read(letter("Content-Type: text/plain; charset=shift_jis", body="返品したい①".encode("cp932"))).text == "返品したい①"
    assert read(letter("Content-Type: text/plain; charset=iso-8859-1", body=b"caf\xe9 \x93quoted\x94")).text == "café “quoted”"
    jis = "返品".encode("iso-2022-jp")
    assert read(letter("Content-Type: text/plain; charset=iso-2022-jp", body=jis)).text == "返品"


def test_a_character_cut_in_two_between_encoded_words_is_whole_again():
    raw = "茶具退货".encode("gb18030")
    words = [base64.b64encode(part).decode() for part in (raw[:3], raw[3:])]
    message = read(letter(f"Subject: =?gb2312?B?{words[0]}?=\r\n =?GB2312?B?{words[1]}?= (2)"))
    assert message.subject == "茶具退货 (2)"


def test_raw_bytes_in_headers_are_read():
    raw = letter().replace(b"Subject: =?utf-8?B?5LiA5Y+q6Iy25p2v?=", b"Subject: " + "退货".encode("gb18030"))
    assert read(raw).subject == "退货"
    assert read(raw.replace("退货".encode("gb18030"), "换货".encode())).subject == "换货"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Content-Disposition: attachment; filename*=gb2312'zh-cn'%B7%A2%C6%B1.pdf", "发票.pdf"),
        ("Content-Disposition: attachment; filename*0*=utf-8''%E5%8F%91; filename*1*=%E7%A5%A8.pdf", "发票.pdf"),
        ('Content-Disposition: attachment; filename="=?utf-8?B?5Y+R56WoLnBkZg==?="', "发票.pdf"),
        ('Content-Type: application/pdf; name="=?gbk?Q?=B7=A2=C6=B1=2Epdf?="', "发票.pdf"),
        ('Content-Disposition: attachment; filename="a\u202efdp.exe"', "a fdp.exe"),
        ("Content-Disposition: attachment; filename*9999999999999999=x", "x"),
        ("Content-Disposition: attachment; filename*" + "9" * 5000 + "=x", "application-1.pdf"),
        ("Content-Disposition: attachment", "application-1.pdf"),
    ],
)
def test_names_of_files(head: str, name: str):
    kind = "" if head.startswith("Content-Type") else "Content-Type: application/pdf\r\n"
    (media,) = read(parted([("Content-Type: text/plain", b"hi"), (f"{kind}{head}", b"%PDF-1.4")])).media
    assert (media.name, media.kind, media.data) == (name, "file", b"%PDF-1.4")


def test_names_of_files_in_raw_bytes_are_read():
    head = b'Content-Type: application/pdf; name="' + "发票".encode("gb18030") + b'.pdf"'
    (media,) = read(parted([("Content-Type: text/plain", b"hi"), (head.decode("ascii", "surrogateescape"), b"%PDF")])).media
    assert media.name == "发票.pdf"


def test_pictures_within_the_letter_and_files_beside_it():
    picture = "Content-Type: image/png\r\nContent-ID: <p1>\r\nContent-Disposition: inline; filename=leak.png"
    message = read(
        parted(
            [
                ("Content-Type: text/html; charset=utf-8", '<p>壶嘴：<img src="cid:p1"></p>'.encode()),
                (picture, b"\x89PNG"),
                ("Content-Type: audio/amr; name=v.amr", b"#!AMR"),
                ("Content-Type: image/svg+xml; name=x.svg", b"<svg onload='x'/>"),
                ("Content-Type: application/ms-tnef; name=winmail.dat", b"\x78\x9f\x3e\x22"),
            ],
            kind="related",
        )
    )
    assert message.text == "壶嘴："
    assert [(one.kind, one.name) for one in message.media] == [
        ("image", "leak.png"),
        ("voice", "v.amr"),
        ("file", "x.svg"),
        ("file", "winmail.dat"),
        ("original", None),
    ]


def test_a_letter_within_the_letter_is_a_file():
    inner = letter(body="原来的信", sender="a@b.example")
    message = read(parted([("Content-Type: text/plain", b"see below"), ("Content-Type: message/rfc822", inner)]))
    assert message.text == "see below"
    assert message.media[0].name == "message-1.eml"
    assert "原来的信".encode() in (message.media[0].data or b"")


def test_of_five_hundred_files_the_first_come_and_the_letter_says_so():
    files = [(f"Content-Type: application/pdf; name={number}.pdf", b"%PDF") for number in range(500)]
    message = read(parted([("Content-Type: text/plain", b"all"), *files]))
    assert len(message.media) == MAX_FILES + 1
    assert message.media[-1].name == "original.eml"
    assert "cut" in message.notes


def test_plain_text_is_preferred_and_html_is_words_alone():
    hostile = (
        '<style>p{position:fixed}</style><script>alert(1)</script><svg onload=alert(1)><p onclick="x">您好<br>第二行</p>'
        '<a href="javascript:alert(1)">点我</a> <a href="https://shop.example/o/7">订单</a>'
        '<form action="https://evil.example"><input></form><meta http-equiv=refresh content="0;url=//evil">'
        '<img src="https://evil.example/pixel.gif"><math><mtext><img src=x onerror=alert(1)></mtext></math><ul><li>一<li>二</ul>'
    )
    text = read(letter("Content-Type: text/html; charset=utf-8", body=hostile)).text
    assert text == "您好\n第二行\n点我 订单 (https://shop.example/o/7)\n- 一\n- 二"
    both = parted([("Content-Type: text/plain; charset=utf-8", "纯文本".encode()), ("Content-Type: text/html", b"<b>html</b>")])
    assert read(both).text == "纯文本"


def test_an_empty_plain_part_does_not_hide_the_html():
    both = parted([("Content-Type: text/plain", b"\r\n"), ("Content-Type: text/html", b"<p>only here</p>")], kind="alternative")
    assert read(both).text == "only here"


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ('"admin@lanting.example" <evil@example.net>', "evil@example.net"),
        ("evil@EXAMPLE.net (admin)", "evil@example.net"),
        ("林语桐 <yu@例子.中国>", "yu@xn--fsqu00a.xn--fiqs8s"),
        ("=?utf-8?B?YWRtaW5AbGFudGluZy5leGFtcGxl?= <evil@example.net>", "evil@example.net"),
    ],
)
def test_one_sender_is_read_strictly(header: str, address: str):
    found = one_mailbox(header)
    assert found is not None
    assert found.address == address
    # A name that is an address is there to be taken for the sender's.
    assert "@" not in (found.name or "")


@pytest.mark.parametrize(
    "header",
    [
        "a@b@c.example",
        "friends: a@b.example, c@d.example;",
        "a@b.example, c@d.example",
        "a@b.example <c@d.example>",
        "<a@b.example> <c@d.example>",
        "nobody",
        "<>",
        "a@localhost",
        "a b@c.example",
        'a"@b.example',
        "a@-b.example",
        "a@" + "b" * 300 + ".example",
        "x" * 65 + "@b.example",
    ],
)
def test_what_two_readers_would_read_differently_is_set_aside(header: str):
    assert one_mailbox(header) is None
    with pytest.raises(MailUnreadable) as told:
        inbound_of(letter(sender=header), inbox())
    assert told.value.details["reason"] in {"sender_address", "no_sender"}


def test_line_ends_in_a_name_do_not_become_headers():
    name = base64.b64encode(b"admin\r\nBcc: all@lanting.example").decode()
    assert read(letter(sender=f"=?utf-8?B?{name}?= <{CUSTOMER}>")).sender.name is None
    other = base64.b64encode("阿\r\n桐\u202e".encode()).decode()
    assert read(letter(sender=f"=?utf-8?B?{other}?= <{CUSTOMER}>")).sender.name == "阿 桐"


def test_two_senders_are_set_aside():
    with pytest.raises(MailUnreadable) as told:
        inbound_of(letter("From: ceo@lanting.example"), inbox())
    assert told.value.details["reason"] == "several_senders"


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x",
        "Precedence: bulk",
        "Precedence: LIST",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "Return-Path: <>",
        "List-Id: <news.example>",
    ],
)
def test_what_a_machine_wrote_says_so_and_is_not_answered_by_one(header: str):
    message = read(letter(header))
    assert message.automatic
    assert message.reply_to["automatic"] == "1"


def test_a_letter_in_the_mailbox_s_own_name_is_never_answered_by_a_machine():
    assert read(letter(sender=MAILBOX)).automatic
    assert not read(letter("Auto-Submitted: no", "Return-Path: <a@b.example>")).automatic


def test_the_same_name_with_other_words_is_another_letter():
    first, again, other = read(letter()), read(letter("Received: by another way")), read(letter(body="别的"))
    assert first.provider_id == again.provider_id
    assert first.provider_id != other.provider_id
    assert read(letter(name="")).provider_id != read(letter(name="", body="别的")).provider_id
    assert read(letter(name="<" + "x" * 200_000 + ">")).provider_id.startswith("#")


@pytest.mark.parametrize(
    "day", ["", "yesterday", "Fri, 99 Nov 2026 10:00:00", "Mon, 1 Jan 1800 00:00:00 +2359", "Fri, 20 Nov 9999 10:00:00 -2359"]
)
def test_without_a_date_it_still_arrives(day: str):
    assert read(letter().replace(b"Fri, 20 Nov 2026 10:00:00 +0800", day.encode())).sent_at is None


@pytest.mark.parametrize(
    ("raw", "reason"), [(b"", "empty"), (b" \r\n", "empty"), (b"\0" * 100, "no_sender"), (b"{}", "no_sender")]
)
def test_what_is_no_letter_is_set_aside_with_its_reason(raw: bytes, reason: str):
    with pytest.raises(MailUnreadable) as told:
        inbound_of(raw, inbox())
    assert told.value.details["reason"] == reason


def test_a_mail_server_of_one_s_own_may_hand_letters_over():
    adapter, raw = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml")), letter()
    signed = hmac.new(b"s", raw, hashlib.sha256).hexdigest()
    assert adapter.verify(RawReceipt("POST", {"x-mail-signature": f"sha256={signed}"}, {}, raw), inbox()) is None
    for forged in ("", f"sha256={signed[:-1]}0", signed, "sha256=é"):
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {"x-mail-signature": forged}, {}, raw), inbox())
    with pytest.raises(Refused):
        adapter.verify(RawReceipt("POST", {"x-mail-signature": f"sha256={signed}"}, {}, raw + b" "), inbox())


def test_addresses_that_can_be_written_to():
    assert strict(" Help+x@Example.COM. ") == "help+x@example.com"
    assert strict("a@b") is None
    assert strict("a@b..example") is None
    assert strict("中文@example.com") is None


def original_of(message):
    return next((one.data.decode() for one in message.media if one.kind == "original"), None)


def test_the_letter_goes_along_as_it_was_laid_out_whatever_its_charset():
    html = "<p style='color:red'>壶嘴裂了</p>"
    both = [
        ("Content-Type: text/plain; charset=utf-8", "壶嘴裂了".encode()),
        ("Content-Type: text/html; charset=gb2312", html.encode("gbk")),
    ]
    message = read(parted(both, kind="alternative"))
    assert (message.text, original_of(message)) == ("壶嘴裂了", html)
    assert "layout_left_out" not in message.notes


def test_a_letter_of_words_alone_has_no_layout():
    assert original_of(read(letter(body="<b>字</b>"))) is None


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("<logo@shop.example>", "logo@shop.example"),
        ("logo", "logo"),
        (" <a b> ", "a b"),
        ("", None),
        ("<" + "x" * 300 + ">", None),
    ],
)
def test_pictures_are_known_by_the_name_that_the_layout_shows_them_by(header, name):
    picture = f"Content-Type: image/png\r\nContent-ID: {header}"
    message = read(parted([("Content-Type: text/html", b"<img src=cid:x>"), (picture, b"\x89PNG")], kind="related"))
    assert message.media[0].ref == ({"cid": name} if name else {})


def test_a_layout_without_end_is_words_alone_and_the_whole_letter_goes_along():
    raw = letter("Content-Type: text/html; charset=utf-8", body="<p>壶嘴裂了</p>" + "<p></p>" * 80_000)
    message = read(raw)
    assert (message.text, original_of(message)) == ("壶嘴裂了", None)
    assert [(one.name, one.data) for one in message.media] == [("original.eml", raw)]
    assert "layout_left_out" in message.notes
