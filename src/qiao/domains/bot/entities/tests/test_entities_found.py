"""What is found in what customers write, and what is not."""

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from qiao.domains.bot.entities import Money, Quantity, find

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=SHANGHAI)
"""A Sunday."""
CATALOGUE = ("西湖龙井", "明前西湖龙井 250g", "铁观音", "Celadon Teapot", "Gaiwan Set")


def found(text: str, locale: str = "zh") -> list[tuple[str, str, object]]:
    return [(one.kind, one.text, one.value) for one in find(text, now=NOW, zone=SHANGHAI, catalogue=CATALOGUE, locale=locale)]


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "kind", "written", "value"),
    [
        ("我的订单号是QY20261122001，什么时候发货", "order", "QY20261122001", "QY20261122001"),
        ("订單號：lt-20261 到哪了", "order", "lt-20261", "LT-20261"),
        ("#20261 怎么还没到", "order", "#20261", "20261"),
        ("訂單 20261120123456 能改地址嗎", "order", "20261120123456", "20261120123456"),
        ("１３８００１３８０００ 是我电话", "phone", "１３８００１３８０００", "+8613800138000"),
        ("联系电话 010-62345678", "phone", "010-62345678", "+861062345678"),
        ("邮箱 Zhang.San@Example.com。", "email", "Zhang.San@Example.com", "zhang.san@example.com"),
        (
            "看这个 https://shop.example.com/p/12?x=1。",
            "url",
            "https://shop.example.com/p/12?x=1",
            "https://shop.example.com/p/12?x=1",
        ),
        ("身份证 11010519491231002X", "id_number", "11010519491231002X", "11010519491231002X"),
        ("卡号 6222 0212 3456 7890 128", "bank_card", "6222 0212 3456 7890 128", "6222021234567890128"),
        ("税号 91350100M000100Y43", "tax_number", "91350100M000100Y43", "91350100M000100Y43"),
        (
            "地址改成浙江省杭州市西湖区文三路138号5栋2单元301室，谢谢",
            "address",
            *("浙江省杭州市西湖区文三路138号5栋2单元301室",) * 2,
        ),
        ("寄到上海市浦东新区世纪大道100号", "address", *("上海市浦东新区世纪大道100号",) * 2),
        ("我叫王小明，想退货", "person", "王小明", "王小明"),
        ("收件人：欧阳春", "person", "欧阳春", "欧阳春"),
        ("我要买铁观音", "product", "铁观音", "铁观音"),
        ("明前西湖龙井 250g 有货吗", "product", "明前西湖龙井 250g", "明前西湖龙井 250g"),
    ],
)
def test_chinese_messages(text: str, kind: str, written: str, value: str):
    assert (kind, written, value) in found(text)


@pytest.mark.parametrize(
    ("text", "kind", "written", "value"),
    [
        ("order no. 48812 where is it", "order", "48812", "48812"),
        ("my order is #10234", "order", "#10234", "10234"),
        ("call me at +1 415 555 2671", "phone", "+1 415 555 2671", "+14155552671"),
        ("call 020 7946 0958", "phone", "020 7946 0958", "+442079460958"),
        ("221B Baker Street, London NW1 6XE please", "address", *("221B Baker Street, London NW1 6XE",) * 2),
        ("ship to 12 High St, Apt 4, Austin, TX 78701", "address", *("12 High St, Apt 4, Austin, TX 78701",) * 2),
        ("My name is john smith and I need help", "person", "john smith", "John Smith"),
        ("this is Anna Lee speaking", "person", "Anna Lee", "Anna Lee"),
        ("VAT GB123456789", "tax_number", "GB123456789", "GB123456789"),
        ("4111-1111-1111-1111 was charged twice", "bank_card", "4111-1111-1111-1111", "4111111111111111"),
        ("the celadon teapt is broken", "product", "celadon teapt", "Celadon Teapot"),
    ],
)
def test_english_messages(text: str, kind: str, written: str, value: str):
    assert (kind, written, value) in found(text, "en")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("明天下午三点能送到吗", at(23, 15)),
        ("今晚八点半", at(22, 20, 30)),
        ("11月11日晚上8点付的", at(11, 20)),
        ("2026-11-20 15:30 到的", at(20, 15, 30)),
        ("next Friday at 3pm please", at(27, 15)),
        ("3:30 pm on Monday", at(23, 15, 30)),
        ("半小时后", at(22, 16, 30)),
        ("2 hours ago", at(22, 14)),
        ("下个月3号中午12点", at(3, 12, month=12)),
    ],
)
def test_moments(text: str, value: datetime):
    assert [one[2] for one in found(text, "zh")] == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("今天", date(2026, 11, 22)),
        ("大后天", date(2026, 11, 25)),
        ("上周五下的单", date(2026, 11, 13)),
        ("下週五", date(2026, 11, 27)),
        ("周三", date(2026, 11, 25)),
        ("本周日", date(2026, 11, 22)),
        ("11月11日", date(2026, 11, 11)),
        ("1月2号", date(2027, 1, 2)),
        ("十二月二十五日", date(2026, 12, 25)),
        ("去年12月1日", date(2025, 12, 1)),
        ("22号", date(2026, 11, 22)),
        ("上个月15号", date(2026, 10, 15)),
        ("月底", date(2026, 11, 30)),
        ("3天后", date(2026, 11, 25)),
        ("两周内", date(2026, 12, 6)),
        ("两个月前", date(2026, 9, 22)),
        ("in 3 days", date(2026, 11, 25)),
        ("a week ago", date(2026, 11, 15)),
        ("last Friday", date(2026, 11, 20)),
        ("Nov 3rd", date(2026, 11, 3)),
        ("12 March 2026", date(2026, 3, 12)),
        ("the day after tomorrow", date(2026, 11, 24)),
        ("2026/2/28", date(2026, 2, 28)),
    ],
)
def test_days(text: str, value: date):
    assert [one[2] for one in found(text, "zh")] == [value]


def test_a_slash_is_read_by_the_locale():
    assert found("3/4/2026", "en") == [("date", "3/4/2026", date(2026, 3, 4))]
    assert found("3/4/2026", "en-GB") == [("date", "3/4/2026", date(2026, 4, 3))]
    assert found("25/12/2026", "en") == [("date", "25/12/2026", date(2026, 12, 25))]


def test_today_is_where_the_customer_is():
    late = datetime(2026, 11, 22, 23, 30, tzinfo=ZoneInfo("Europe/London"))
    there = find("tomorrow", now=late, zone=SHANGHAI, locale="en")
    assert [one.value for one in there] == [date(2026, 11, 24)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("¥199", Money(Decimal(199), "CNY")),
        ("￥1,299.50", Money(Decimal("1299.50"), "CNY")),
        ("199 元", Money(Decimal(199), "CNY")),
        ("三百块", Money(Decimal(300), "CNY")),
        ("三块五", Money(Decimal("3.5"), "CNY")),
        ("两千五百元", Money(Decimal(2500), "CNY")),
        ("1.2万元", Money(Decimal(12000), "CNY")),
        ("$25.50", Money(Decimal("25.50"), "USD")),
        ("HK$80", Money(Decimal(80), "HKD")),
        ("25 dollars", Money(Decimal(25), "USD")),
        ("€30", Money(Decimal(30), "EUR")),
        ("EUR 30", Money(Decimal(30), "EUR")),
        ("二十英镑", Money(Decimal(20), "GBP")),
        ("2件", Quantity(Decimal(2), "件")),
        ("两盒", Quantity(Decimal(2), "盒")),
        ("2 boxes", Quantity(Decimal(2), "boxes")),
        ("three pieces", Quantity(Decimal(3), "pieces")),
        ("x3", Quantity(Decimal(3), "")),
        ("3", Quantity(Decimal(3), "")),
        ("十二", Quantity(Decimal(12), "")),
        ("15:30", time(15, 30)),
    ],
)
def test_amounts_and_counts(text: str, value: object):
    assert [one[2] for one in found(text, "en")] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "退货要几天", "七天无理由", "有一个问题想问", "第二个", "什么时候发货", "我是老师", "快一点", "上市公司",
        "身份证 110105194912310021", "卡号 6222021234567890123", "马路上捡的", "my name is spelled wrong", "may I ask", "the sun is out",
        "sat on it", "two of them", "一块儿去", "版本 1.2.3", "怎么到店自提",
    ],
)  # fmt: skip
def test_what_is_nothing(text: str):
    kinds = {one[0] for one in found(text, "zh")}
    assert not kinds & {
        "id_number",
        "bank_card",
        "date",
        "datetime",
        "time",
        "amount",
        "person",
        "address",
        "product",
        "quantity",
    }


def test_what_is_longer_and_surer_stands():
    assert found("订单号13800138000") == [("order", "13800138000", "13800138000")]
    assert [one[0] for one in found("a.b13800138000@example.com")] == ["email"]
    assert [one[0] for one in found("我叫李雷，电话 139 1234 5678，买 2 盒，共 ¥398，明天到")] == [
        "person",
        "phone",
        "quantity",
        "amount",
        "date",
    ]
