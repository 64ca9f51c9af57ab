"""What says who somebody is does not leave, comes back where it was, and what cannot be masked is not sent."""

import builtins
import re
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.generating.masking import MASK, MAX_CHARACTERS, Masked, Piece, Unsafe, mask, readable

pytestmark = pytest.mark.slow


def masked(text: str, *known: str, **how: Any) -> Masked:
    return mask([Piece(text)], known, **how)


GONE = [
    ("我叫张伟，手机13812345678", ["张伟", "13812345678"]),
    ("手机 138-1234-5678 或 0755-8888 9999", ["1234", "8888"]),
    ("电话 １３８１２３４５６７８，1\u200b3\u200b912345678", ["13812345678", "13912345678"]),
    ("一三八零零一三八零零零", ["一三八零零一"]),
    ("call me at (415) 555-1234 or +44 20 7946 0958", ["555", "7946"]),
    ("one three eight one two three four five six seven eight", ["three eight one"]),
    ("邮箱 zhang.wei@example.com，或 zhang艾特qq点com", ["zhang", "example.com"]),
    ("john.smith@acme.co.uk and john(at)acme(dot)com", ["john", "acme"]),
    ("地址：广东省深圳市南山区科技园科苑路15号3栋502室", ["科苑路", "502", "南山"]),
    ("请发到 杭州市西湖区文三路478号华星时代广场A座1203，王先生收", ["文三路", "1203", "华星", "王先生"]),
    ("地址：台北市信義區市府路45號3樓", ["市府路", "45號"]),
    ("送到 浦东新区世纪大道100号环球金融中心88楼", ["世纪大道", "环球"]),
    ("I live at 221B Baker Street, London NW1 6XE", ["Baker", "NW1"]),
    ("ship it to 1600 Amphitheatre Parkway, Mountain View, CA 94043", ["Amphitheatre", "94043", "Mountain View"]),
    ("my address is 12 oak street, springfield", ["oak street"]),
    ("P.O. Box 1234, zip code 90210", ["1234", "90210"]),
    ("银行卡6222020200112233445", ["62220202"]),
    ("card 4111 1111 1111 1111 exp soon", ["4111", "1111"]),
    ("身份证110101199003074610，校验错的 110101199003074611", ["11010119900307"]),
    ("SSN 123-45-6789, passport E12345678", ["6789", "E12345678"]),
    ("IBAN GB29NWBK60161331926819, ip 192.168.1.17", ["NWBK", "192.168"]),
    ("微信号 lilei2020，QQ 123456789，车牌京A12345", ["lilei2020", "123456789", "A12345"]),
    ("收货人：韩梅梅，联系人 欧阳娜娜", ["韩梅梅", "欧阳娜娜"]),
    ("我叫張偉", ["張偉"]),
    ("My name is John Smith", ["John", "Smith"]),
    ("my name is john smith", ["john", "smith"]),
    ("Dear Ms. Emily Johnson, this is Sarah Connor", ["Emily", "Johnson", "Sarah", "Connor"]),
    ("订单号 13812345678, order 4111111111111111, 订单 110101199003074610", ["13812345678", "4111111", "1101011990"]),
    ("here is my key sk-abcdefghijklmnopqrstuvwxyz0123456789ABCD1234567890", ["abcdefghijklmnop"]),
]


@pytest.mark.parametrize(("text", "gone"), GONE, ids=[text[:24] for text, _ in GONE])
def test_who_somebody_is_does_not_leave(text: str, gone: list[str]) -> None:
    result = masked(text)
    assert [part for part in gone if part in result.texts[0]] == []
    assert result.unmask(result.texts[0]) == readable(text)


STAYS = [
    "满 199 元包邮吗？12 个月保修吗",
    "龙井茶怎么保存",
    "I want 3 boxes for $29.99 by 2026-11-22",
    "2026年11月22日到2026-12-01 之间，9:00-18:00 送",
    "订单LT20261122001到哪了",
    "to ship to Canada take 7 days?",
    "寄到上海市要几天？",
    "糖尿病人能喝普洱吗，我今年34岁",
    "100% cotton, 85 degrees, 300 g",
    "Hi there, I'm looking for a refund",
    "where is order #12345",
]


@pytest.mark.parametrize("text", STAYS)
def test_what_names_nobody_stays(text: str) -> None:
    assert masked(text).texts == (readable(text),)


def test_a_workspace_may_want_order_numbers_masked_too() -> None:
    text = "订单号 LT20261122001 到哪了"
    assert "LT20261122001" in masked(text).texts[0]
    hidden = masked(text, keep_orders=False)
    assert "LT2026" not in hidden.texts[0]
    assert hidden.unmask(hidden.texts[0]) == text


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("帮 诸葛 小亮 查一下，小亮急用", "诸葛 小亮"),
        ("语桐又来了，林语桐", "林语桐"),
        ("Zebulon is waiting; tell ZEBULON or Quimby", "Zebulon Quimby"),
        ("tell zq @ example.com", "zq@example.com"),
        ("打我 138 1234 5678", "13812345678"),
    ],
)
def test_what_is_known_of_the_customer_is_found_without_any_sign(text: str, known: str) -> None:
    try:
        shown = masked(text, known).texts[0].lower()
    except Unsafe:
        shown = ""
    assert [part for part in (known.lower(), *known.lower().split(), known[1:].lower()) if part in shown] == []


def test_a_known_name_is_found_in_published_text_and_a_guess_is_not_made_there() -> None:
    pieces = [Piece("Zebulon Quimby founded the shop. Dear Emily Johnson, call 400-123-4567", published=True)]
    text = mask(pieces, ["Zebulon Quimby"]).texts[0]
    assert "Zebulon" not in text
    assert "Emily Johnson" in text
    assert "400-123-4567" not in text


def test_one_value_is_one_mask_in_all_texts() -> None:
    result = mask([Piece("13812345678"), Piece("还是 13812345678 吗，或者 13912345678")])
    first, second = MASK.findall(result.texts[0]), MASK.findall(result.texts[1])
    assert (len(first), len(second), first[0]) == (1, 2, second[0])


def test_nobody_can_know_a_mask() -> None:
    """A text that asks for another request's mask, or invents one, gets nothing."""
    one, other = masked("13812345678"), masked("13912345678")
    assert one.unmask(other.texts[0]) == other.texts[0]
    assert one.unmask("[PHONE_1_000000] [PHONE_1]") == "[PHONE_1_000000] [PHONE_1]"
    assert one.leftover("[PHONE_1]")
    assert one.leftover(other.texts[0])
    assert not one.leftover(one.unmask(one.texts[0]))


def test_what_is_left_over_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qiao.domains.bot.generating.masking.spans", lambda _text: ())
    monkeypatch.setattr("qiao.domains.bot.generating.masking.argus", lambda _text: ())
    monkeypatch.setattr("qiao.domains.bot.generating.masking.phones", lambda _text: ())
    for text in ("13812345678", "a@b.com", "1 3 8 1 2 3 4 5 6 7 8"):
        with pytest.raises(Unsafe):
            masked(text)


def test_without_the_tool_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("argus_redact"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(Unsafe):
        masked("你好")


def test_too_much_is_not_sent() -> None:
    with pytest.raises(Unsafe):
        masked("茶" * (MAX_CHARACTERS + 1))


@given(st.text(max_size=200))
def test_any_text_comes_back_or_is_not_sent(text: str) -> None:
    try:
        result = masked(text)
    except Unsafe:
        return
    assert result.unmask(result.texts[0]) == readable(text)


BAD = [
    "省",
    "市",
    "路1",
    "1号",
    "村",
    "小区1栋",
    "a ",
    "Aa, ",
    "12 oak ",
    "1-",
    "1/2 ",
    "a.",
    "@",
    "at ",
    "one ",
    "寄到1号",
    "(1)",
    "我叫",
    "[1]",
]


@pytest.mark.parametrize("part", BAD)
def test_bad_texts_take_no_time(part: str) -> None:
    mask([Piece("13812345678")])
    started = time.process_time()
    with suppress(Unsafe):
        masked(part * (1_500 // len(part)))
    assert time.process_time() - started < 2.0


_AROUND = st.text(alphabet="退货运费多少茶叶 请问 how much is it, 。？!", max_size=20)
_PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
_MAILS = st.from_regex(r"[a-z]{3,8}[0-9]{0,3}@[a-z]{3,8}\.(com|cn|org)", fullmatch=True)
_CARDS = st.from_regex(r"(62|4[0-9]|5[1-5])[0-9]{2}( ?[0-9]{4}){3}", fullmatch=True)
_IDS = st.from_regex(r"[1-6][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}[0-9X]", fullmatch=True)


@given(_AROUND, st.one_of(_PHONES, _MAILS, _CARDS, _IDS), _AROUND)
def test_numbers_and_addresses_never_leave_whatever_stands_around_them(before: str, value: str, after: str) -> None:
    try:
        shown = masked(f"{before} {value} {after}").texts[0]
    except Unsafe:
        shown = ""
    compact = re.sub(r"[\s-]", "", MASK.sub("", shown))
    assert value.replace(" ", "") not in compact
    assert value.replace(" ", "")[:7] not in compact
