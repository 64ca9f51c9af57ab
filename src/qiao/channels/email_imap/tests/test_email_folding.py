"""What is new in a letter stands alone; what is below it is folded, and never lost."""

from time import thread_time

import pytest

from qiao.channels.email_imap.folding import fold, text_of_html
from qiao.channels.email_imap.tests.letters import CONVERSATION, CUSTOMER, inbox, letter, read
from qiao.channels.email_imap.threads import message_id_of

SECONDS = 2.0
"""Generous: without its bound the worst takes half a minute."""
NEW = "还是漏水，附上照片。\n请问可以换新的吗？"


@pytest.mark.parametrize(
    "below",
    [
        "> 您好\n> 请把壶拍一张照片",
        "On Fri, Nov 20, 2026 at 10:00 AM 兰亭茶器 <help@lanting.example> wrote:\n> 您好",
        "On Fri, Nov 20, 2026 at 10:00 AM 兰亭茶器\n<help@lanting.example> wrote:\n\n> 您好",
        "在 2026年11月20日，兰亭茶器 <help@lanting.example> 写道：\n> 您好",
        "兰亭茶器 <help@lanting.example> 于2026年11月20日周五 10:00写道：\n\n> 您好",
        "在 2026-11-20 10:00:00，“兰亭茶器” <help@lanting.example> 写道：\n您好，请拍一张照片",
        "------------------ 原始邮件 ------------------\n发件人: help\n主题: 壶",
        "-----Original Message-----\nFrom: help",
        "From: help@lanting.example\nSent: Friday\nTo: me\nSubject: pot\n\nhello",
        "发件人：兰亭茶器\n发送时间：2026年11月20日\n收件人：我\n主题：壶",
        "-- \n林语桐\n139 0000 0000",
        "发自我的 iPhone",
        "Sent from my iPhone\n\n> 您好",
        "Le 20 nov. 2026 à 10:00, help <help@lanting.example> a écrit :\n> bonjour",
        "Am 20.11.2026 um 10:00 schrieb help:\n> hallo",
    ],
)
def test_what_stands_below_is_folded(below: str):
    folded = fold(f"{NEW}\n\n{below}")
    assert (folded.text, folded.rest) == (NEW, below)


@pytest.mark.parametrize(
    "whole",
    [
        "> 只有引用",
        "On the other hand, my wife wrote a letter",
        "- 第一\n- 第二\n-- 这不是签名",
        "From: Beijing\n到上海要几天？",
        "> 要发票吗？\n要\n> 寄到哪里？\n杭州",
        "发自我的内心的感谢：\n壶很好用\n谢谢",
        "",
    ],
)
def test_what_is_not_a_quotation_stays(whole: str):
    assert fold(whole).text == whole.strip()
    assert fold(whole).rest == ""


def test_within_our_thread_nothing_goes_along_and_elsewhere_the_whole_letter():
    ours = message_id_of(inbox(), CONVERSATION, CUSTOMER, "k", "lanting.example")
    body = f"{NEW}\n\n> 您好"
    within, elsewhere = read(letter(f"In-Reply-To: <{ours}>", body=body)), read(letter(body=body))
    assert (within.text, within.media) == (NEW, ())
    assert elsewhere.text == NEW
    assert [(one.name, one.data) for one in elsewhere.media] == [("original.eml", letter(body=body))]
    assert "folded" in within.notes
    assert "folded" in elsewhere.notes


def test_quotations_in_html_are_marked_and_folded():
    html = "<div>还是漏水</div><blockquote><div>您好</div><div>请拍照</div></blockquote>"
    assert text_of_html(html) == "还是漏水\n> 您好\n> 请拍照"
    assert read(letter("Content-Type: text/html; charset=utf-8", body=html)).text == "还是漏水"


def test_html_keeps_lines_lists_and_where_links_lead():
    html = "<p>A  B\n C</p><pre>x\n  y</pre><table><tr><td>1<td>2<tr><td>3</table><a href='mailto:a@b.example'>a@b.example</a>"
    assert text_of_html(html) == "A B C\nx\n  y\n1 2\n3\na@b.example"


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["div", "section", "table", "a href=x", "b", "p", "blockquote"])
def test_html_without_end_is_read_as_fast_as_any(tag: str):
    begun = thread_time()
    assert "最后" in text_of_html(f"<{tag}>" * 20_000 + "最后")
    assert thread_time() - begun < SECONDS
