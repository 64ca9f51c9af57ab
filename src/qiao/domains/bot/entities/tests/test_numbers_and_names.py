"""Amounts, counts, codes, contacts, addresses, names and products in the forms that are easy to get wrong."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.entities import Money, Quantity, find
from qiao.domains.bot.entities.numerals import number
from qiao.kit.checksums import is_credit_code, is_id_number, is_luhn

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CATALOGUE = ("西湖龙井", "西湖龙井茶饼", "Celadon Teapot", "Gaiwan Set", "Tea", "İstanbul Tray")


def found(text: str, locale: str = "zh") -> list[tuple[str, object]]:
    return [(one.kind, one.value) for one in find(text, now=NOW, zone=UTC, catalogue=CATALOGUE, locale=locale)]


def of(kind: str, text: str, locale: str = "zh") -> list[object]:
    return [value for one, value in found(text, locale) if one == kind]


def cny(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def test_numerals_are_read_as_they_are_said():
    said = {
        "三百二": 320, "三百零二": 302, "一千零五十": 1_050, "一万二": 12_000, "两万五千": 25_000, "十五": 15, "二十": 20,
        "一百一十": 110,
        "一亿两千万": 120_000_000, "三千万": 30_000_000, "二〇二六": 2026, "幺三八": 138, "壹佰贰拾叁": 123,
        "一千万零一": 10_000_001,
        "1.2万": 12_000, "3k": 3_000, "3K": 3_000, "1,299": 1_299, "12,345,678": 12_345_678, "0.5": Decimal("0.5"),
        "半": Decimal("0.5"),
        "twenty": 20, "A dozen": 12, "an": 1, "half an": Decimal("0.5"), " 7 ": 7, "٣٥": 35,
    }  # fmt: skip
    assert {text: number(text) for text in said} == {text: Decimal(value) for text, value in said.items()}


def test_what_is_no_numeral_is_none():
    never = [
        "",
        " ",
        "abc",
        "1,2,3",
        "1..2",
        "万",
        "亿",
        "两半",
        "十一个",
        "-5",
        "1e5",
        "½",
        "一二三四五六七八九十一二三",
        "9999999999999亿",
    ]
    assert {text: number(text) for text in never} == dict.fromkeys(never)


def test_money_in_the_forms_of_many_countries():
    said = {
        "￥１９９": cny("199"), "¥ 1,299.50": cny("1299.50"), "三块五毛": cny("3.5"), "两百五十块": cny("250"),
        "一百二十元": cny("120"),
        "1.5万块": cny("15000"), "三千多块": cny("3000"), "199人民币": cny("199"), "人民币 199 元": cny("199"),
        "199RMB": cny("199"),
        "新台币300元": Money(Decimal(300), "TWD"), "NT$300": Money(Decimal(300), "TWD"), "300台幣": Money(Decimal(300), "TWD"),
        "港币 80": Money(Decimal(80), "HKD"), "HK$80": Money(Decimal(80), "HKD"), "美元20": Money(Decimal(20), "USD"),
        "二十歐元": Money(Decimal(20), "EUR"), "30€": Money(Decimal(30), "EUR"), "12.50 £": Money(Decimal("12.50"), "GBP"),
        "EUR30": Money(Decimal(30), "EUR"), "$3k": Money(Decimal(3_000), "USD"), "US$ 5": Money(Decimal(5), "USD"),
        "half a dollar": Money(Decimal("0.5"), "USD"), "five bucks": Money(Decimal(5), "USD"), "20 quid": Money(Decimal(20), "GBP"),
        "5000韓元": Money(Decimal(5_000), "KRW"), "₹500": Money(Decimal(500), "INR"), "3日元": Money(Decimal(3), "JPY"),
        "$0": Money(Decimal(0), "USD"),
    }  # fmt: skip
    assert {text: of("amount", text) for text in said} == {text: [value] for text, value in said.items()}


def test_what_is_vague_or_broken_is_no_amount():
    never = [
        "几十块",
        "好几百块",
        "十几块",
        "1,29元",
        "¥-5",
        "一块儿走",
        "一块饼干",
        "两块砖头",
        "三块茶饼",
        "五毛",
        "$",
        "块钱",
        "元旦",
        "美元汇率",
    ]
    assert {text: of("amount", text) for text in never} == {text: [] for text in never}


def test_pounds_of_something_are_a_weight():
    assert found("5 pounds of tea please", "en")[0] == ("quantity", Quantity(Decimal(5), "pounds"))
    assert found("it cost 5 pounds", "en") == [("amount", Money(Decimal(5), "GBP"))]


def test_several_amounts_stand_apart():
    assert of("amount", "原价¥299，优惠后199元，运费12块") == [cny("299"), cny("199"), cny("12")]
    assert of("amount", "$5 and $6.50", "en") == [Money(Decimal(5), "USD"), Money(Decimal("6.50"), "USD")]
    assert found("买2件,29元") == [("quantity", Quantity(Decimal(2), "件")), ("amount", cny("29"))]


def test_counts_with_their_measure():
    said = {
        "２盒": (2, "盒"), "兩雙": (2, "双"), "三百克": (300, "克"), "半斤": ("0.5", "斤"), "500 g": (500, "g"),
        "2.5kg": ("2.5", "kg"),
        "a dozen cups": (12, "cups"), "half a kilo": ("0.5", "kilo"), "×3": (3, ""), "3 x": (3, ""), "*2": (2, ""), "2！": (2, ""),
        "十": (10, ""), "ten": (10, ""), "两": (2, ""), "三壺": (3, "壶"), "每个2件": (2, "件"), "1,000 pieces": (1_000, "pieces"),
    }  # fmt: skip
    assert {text: of("quantity", text) for text in said} == {
        text: [Quantity(Decimal(amount), unit)] for text, (amount, unit) in said.items()
    }


def test_what_counts_nothing():
    never = [
        "一个", "一下", "一点", "第2个", "12个月", "3个小时", "2个工作日", "两个星期", "0", "00", "0件", "-2", "10000", "v2", "2x4",
        "几个", "数百件", "1.2.3", "12:30", "2026年3个",
    ]  # fmt: skip
    assert {text: of("quantity", text) for text in never} == {text: [] for text in never}


def test_order_numbers_called_so_or_shaped_so():
    said = {
        "订单编号：ＱＹ２０２６": ["QY2026"], "訂單號是lt-20261": ["LT-20261"], "運單號 sf1234567890123": ["SF1234567890123"],
        "单号为1234": ["1234"], "order no. #99812": ["99812"], "Order ID is ABC-123": ["ABC-123"], "##12345": ["12345"],
        "tracking number: 1Z999AA10123456784": ["1Z999AA10123456784"], "LT-20261,LT-20262": ["LT-20261", "LT-20262"],
        "订单LT-20261和LT-20262": ["LT-20261", "LT-20262"], "reference QX12345": ["QX12345"], "(QY12345)": ["QY12345"],
    }  # fmt: skip
    assert {text: of("order", text) for text in said} == said


def test_what_is_no_order_number():
    never = [
        "单号 123",
        "#1",
        "#123",
        "in order to get it",
        "reference abc",
        "the order is late",
        "order 66",
        "A1234",
        "ABCDEF12345",
        "abc@12345x",
    ]
    assert {text: of("order", text) for text in never} == {text: [] for text in never}


def test_telephones_by_their_numbering_plan():
    said = {
        "138 0013 8000": "+8613800138000", "+86 138-0013-8000": "+8613800138000", "0086-13800138000": "+8613800138000",
        "电话：１３８－００１３－８０００": "+8613800138000", "400-800-1234": "+864008001234", "座机 010-62345678": "+861062345678",
        "+852 2345 6789": "+85223456789", "+1 (415) 555-2671": "+14155552671", "004420 7946 0958": "+442079460958",
        "手機 0912345678": "+886912345678", "手机号是13800138000。": "+8613800138000",
    }  # fmt: skip
    assert {text: of("phone", text) for text in said} == {text: [value] for text, value in said.items()}


def test_a_number_without_a_country_is_read_by_the_locale():
    assert of("phone", "call 0912-345-678", "zh-Hant") == ["+886912345678"]
    assert of("phone", "call (415) 555-2671", "en") == ["+14155552671"]
    assert of("phone", "call 030 123456", "de") == ["+4930123456"]
    assert of("phone", "call 0912-345-678", "en") == []


def test_digits_that_are_no_telephone():
    never = [
        "110",
        "95588",
        "12800138000",
        "138001380001",
        "2026-11-22",
        "1.2.3.4.5.6.7",
        "3.14159265",
        "A13800138000",
        "13800138000@qq.com",
    ]
    assert {text: of("phone", text) for text in never} == {text: [] for text in never}


def test_two_telephones_are_two():
    assert of("phone", "我的电话是13800138000，备用 139-0013-9000") == ["+8613800138000", "+8613900139000"]


def test_a_message_full_of_numbers_is_read_in_part():
    many = " ".join(f"010-6234{count:04}" for count in range(200))
    assert 0 < len(of("phone", many)) <= 40


def test_addresses_of_the_net():
    said = {
        "Mail <User+Tag@Sub.Example.co.uk>.": [("email", "user+tag@sub.example.co.uk")],
        "ｕｓｅｒ＠ｅｘａｍｐｌｅ．ｃｏｍ": [("email", "user@example.com")],
        "mailto:a@b.co": [("email", "a@b.co")],
        "(https://example.com/x)": [("url", "https://example.com/x")],
        "WWW.Example.com/a?b=c。": [("url", "WWW.Example.com/a?b=c")],
        "https://example.com:8080/x#y!": [("url", "https://example.com:8080/x#y")],
        "user@127.0.0.1": [], "a@b": [], "user@example..com": [], "@someone": [], "http://": [], "https://localhost": [],
        "javascript:alert(1)": [], "ftp://example.com": [],
    }  # fmt: skip
    assert {text: found(text) for text in said} == said


def test_check_digits_decide_what_a_long_number_is():
    said = {
        "11010519491231002x": "id_number", "440308199901010013": "order", "110105194902310020": "order",
        "4111 1111 1111 1111": "bank_card", "4111111111111112": "order", "378282246310005": "bank_card",
        "6222021234567890128": "bank_card", "91350100m000100y43": "tax_number", "0000000000000000": "order",
    }  # fmt: skip
    assert {text: [kind for kind, _ in found(text)] for text in said} == {text: [kind] for text, kind in said.items()}
    assert not found("91350100M000100Y44")


def test_tax_numbers_by_name_and_by_country():
    said = {
        "稅號：123456789012345": "123456789012345", "统一社会信用代码是91350100M000100Y43": "91350100M000100Y43",
        "GB 123 4567 89": "GB123456789", "ATU12345678": "ATU12345678", "NL123456789B01": "NL123456789B01",
        "IT 12345678901": "IT12345678901",
        "VAT number is DE123456789": "DE123456789", "tax id 123456789": "123456789",
    }  # fmt: skip
    assert {text: of("tax_number", text, "en") for text in said} == {text: [value] for text, value in said.items()}


@pytest.mark.slow
@given(st.integers(1900, 2025), st.integers(1, 12), st.integers(1, 28), st.integers(0, 999))
def test_of_eleven_check_characters_one_is_right(year: int, month: int, day: int, serial: int):
    body = f"110105{year}{month:02}{day:02}{serial:03}"
    assert [is_id_number(body + check) for check in "0123456789X"].count(True) == 1
    assert not any(is_id_number(f"110105{year}{month:02}32{serial:03}{check}") for check in "0123456789X")


@pytest.mark.slow
@given(st.text("0123456789", min_size=12, max_size=18).filter(lambda one: len(set(one)) > 2))
def test_a_card_with_one_wrong_digit_is_none(body: str):
    card = next(body + check for check in "0123456789" if is_luhn(body + check))
    wrong = [f"{card[:at]}{(int(card[at]) + 1) % 10}{card[at + 1 :]}" for at in range(len(card))]
    assert not any(map(is_luhn, wrong))


@pytest.mark.slow
@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9), st.integers(110_000, 659_999))
def test_a_companys_code_has_one_check_character(organisation: str, region: int):
    body = f"91{region}{organisation}"
    assert [is_credit_code(body + check) for check in "0123456789ABCDEFGHJKLMNPQRTUWXY"].count(True) == 1
    assert not is_credit_code(body + "I")


def test_chinese_addresses_from_the_largest_part_to_the_smallest():
    whole = [
        "广东省深圳市南山区科技园南区A栋1201室",
        "浙江省杭州市西湖区文三路138号5栋2单元301室",
        "北京市朝阳区建国路88号",
        "内蒙古自治区呼和浩特市新城区中山路1号",
        "香港九龙弥敦道100号",
        "上海市浦东新区世纪大道100号环球大厦20层",
    ]
    assert {text: of("address", f"收货地址：{text}，谢谢") for text in whole} == {text: [text] for text in whole}


def test_traditional_and_wide_addresses_are_addresses():
    assert of("address", "臺北市信義區信義路五段７號") == ["臺北市信義區信義路五段7號"]
    assert of("address", "寄到陝西省西安市雁塔區科技路１號３層") == ["陝西省西安市雁塔區科技路1號3層"]


def test_two_addresses_are_two():
    assert of("address", "从北京市朝阳区建国路88号，换到上海市浦东新区世纪大道100号") == [
        "北京市朝阳区建国路88号",
        "上海市浦东新区世纪大道100号",
    ]
    assert of("address", "寄到建国路88号，或者人民路99号") == ["建国路88号", "人民路99号"]


def test_what_is_no_chinese_address():
    never = [
        "超市门口",
        "我在路上",
        "我在三号线",
        "地址：明天再说",
        "5号楼",
        "马路对面",
        "道歉",
        "市场价多少",
        "上海",
        "区别是什么",
        "楼上的邻居",
    ]
    assert {text: of("address", text) for text in never} == {text: [] for text in never}


def test_english_addresses_with_their_rest():
    whole = [
        "10 Downing Street, London SW1A 2AA",
        "1600 Pennsylvania Avenue NW, Washington, DC 20500",
        "221B Baker St",
        "12 High Street, Flat 3, Leeds LS1 4AP",
        "SW1A 2AA",
    ]
    assert {text: of("address", f"ship to {text} please", "en") for text in whole} == {text: [text] for text in whole}
    assert of("address", "I bought 3 tea sets on the high street", "en") == []


def test_names_only_where_somebody_says_that_it_is_one():
    said = {
        "我叫欧阳娜娜": ["欧阳娜娜"], "收货人: 王小明 电话": ["王小明"], "联系人：王芳的": ["王芳"], "叫我李雷": ["李雷"],
        "本人姓名是张三丰": ["张三丰"],
        "我叫張偉": ["張偉"], "My name’s O'Brien": ["O'Brien"], "my full name is jean-luc picard": ["Jean-luc Picard"],
        "my name is María José and I": ["María José"], "recipient: Jane Doe, 5 High Street": ["Jane Doe"],
        "this is Anna here": ["Anna"],
    }  # fmt: skip
    assert {text: of("person", text, "en") for text in said} == said


def test_what_is_no_name():
    never = [
        "我叫你们退货",
        "叫我怎么办",
        "我叫小明",
        "收件人",
        "我是王小明",
        "my name is not important",
        "this is broken",
        "my name is wrong",
        "I'm John",
    ]
    assert {text: of("person", text, "en") for text in never} == {text: [] for text in never}


def test_products_as_the_catalogue_spells_them():
    said = {
        "西湖龍井": ["西湖龙井"], "西湖龙井茶饼有吗": ["西湖龙井茶饼"], "CELADON TEAPOT": ["Celadon Teapot"],
        "ｇａｉｗａｎ ｓｅｔ": ["Gaiwan Set"],
        "my celadon teapt": ["Celadon Teapot"], "celadonteapot": ["Celadon Teapot"], "two celadon teapots": ["Celadon Teapot"],
        "gaiwan set and celadon teapot": ["Gaiwan Set", "Celadon Teapot"], "tea": ["Tea"], "steam": [], "team": [], "西湖": [],
        "set": [],
    }  # fmt: skip
    assert {text: of("product", text) for text in said} == said


def test_a_product_nearly_named_is_found_as_whole_words():
    (one,) = find("the Celadon  Teapot broke", now=NOW, zone=UTC, catalogue=CATALOGUE, locale="en")
    assert (one.text, one.value) == ("Celadon  Teapot", "Celadon Teapot")


@pytest.mark.slow
def test_a_catalogue_of_anything_is_borne():
    hostile = [
        "",
        " ",
        "a",
        "\u200b\u200b",
        "😀😀",
        "x" * 10_000,
        *("名" * size for size in range(1, 50)),
        *(f"item {n}" for n in range(6_000)),
    ]
    kinds = [one.kind for one in find("item 12 😀😀 名名名", now=NOW, zone=UTC, catalogue=hostile)]
    assert kinds.count("product") == 3


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\u200b\u200d\ufeff", "\u202e13800138000\u202c", "\ud800", "😀" * 3_000, "\n" * 3_000]
)
def test_odd_characters_move_nothing(text: str):
    assert all(text[one.start : one.end] == one.text for one in find(text, now=NOW, zone=UTC))


def test_what_stands_beyond_two_thousand_characters_is_not_read():
    assert find("啊" * 1_990 + " 13800138000", now=NOW, zone=UTC) == []
    assert [one.kind for one in find("啊" * 1_980 + " 13800138000", now=NOW, zone=UTC)] == ["phone"]
