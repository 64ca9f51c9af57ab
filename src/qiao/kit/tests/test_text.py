import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.text import detect_language, normalise, retrieval_terms, search_query, search_tokens

MIXED = st.text(
    alphabet=st.sampled_from("退貨货政策麼乾覆藉ｱカなÅéſKabcXYZ019 .@-+_'\\:*&|!()\t\n\u200b\u202e\u0301\ud800\x00①㎏ﷺ한👋"),
    max_size=60,
)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("退貨政策", "退货政策"), ("ＡＢＣ１２３", "abc123"), ("a\u200bb\u202ec", "abc"), ("  a\t\nb\u3000c ", "a b c"),
        ("㎏①", "kg1"), ("一目瞭然", "一目了然"), ("回覆藉口", "回覆藉口"), ("İ", "i̇"), ("\ud800x\x00", "x"), ("", ""),
    ],
)  # fmt: skip
def test_what_reads_the_same_becomes_equal(written: str, same: str):
    assert normalise(written) == normalise(same)


@pytest.mark.parametrize(
    ("taiwan", "mainland"),
    [
        ("軟體怎麼設定", "软件怎么设置"), ("網路斷了", "网络断了"), ("印表機壞了", "打印机坏了"), ("怎麼開啟簡訊通知", "怎么打开短信通知"),
        ("計程車發票", "出租车发票"), ("資訊有誤", "信息有误"), ("皇后後面", "皇后后面"), ("著名的茶壺", "著名的茶壶"),
    ],
)  # fmt: skip
def test_taiwan_s_words_read_as_the_mainland_s(taiwan: str, mainland: str):
    assert normalise(taiwan) == mainland


@pytest.mark.parametrize(
    "text", ["我要登出", "支援前线", "介面", "使用者", "怎么办", "吃饭抬茶床", "什么时候", "看着", "干净的发票"]
)
def test_simplified_text_keeps_its_own_words(text: str):
    assert normalise(text) == text


def test_normal_form_is_simplified_lower_and_spaced_once():
    assert normalise(" 我想知道　退貨政策 Is IT？") == "我想知道 退货政策 is it?"


@given(st.text() | MIXED)
def test_normalising_again_changes_nothing(text: str):
    once = normalise(text)
    assert normalise(once) == once
    once.encode()


@given(st.text() | MIXED)
def test_every_text_has_terms_tokens_and_a_language(text: str):
    assert all(term and " " not in term for term in retrieval_terms(text))
    assert detect_language(text, "xx")


@given(st.text() | MIXED)
def test_tokens_are_safe_to_split(text: str):
    tokens = search_tokens(text)
    assert "" not in tokens.split(" ") or tokens == ""
    assert len(set(tokens.split(" "))) == len(tokens.split(" "))
    assert "\x00" not in tokens


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["\u0301\u0316", "退貨", "a1-", "1 ", "\ud800", "a", "@", "+1", "1-", "a@", "覆", "a\u0301"])
def test_a_megabyte_takes_linear_time(piece: str):
    text = piece * (300_000 // len(piece))
    started = time.process_time()
    normalise(text)
    retrieval_terms(text)
    search_tokens(text)
    search_query(text)
    detect_language(text, "en")
    assert time.process_time() - started < 5


def test_terms_of_chinese_are_characters_and_pairs():
    assert retrieval_terms("退貨嗎") == ["退", "货", "吗", "退货", "货吗"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("orders", "order"),
        ("shipping", "shipped"),
        ("policies", "policy"),
        ("stopped", "stopping"),
        ("Café", "cafe"),
        ("return", "returning"),
    ],
)
def test_word_forms_meet(one: str, other: str):
    assert retrieval_terms(one)[0] == retrieval_terms(other)[0]


def test_a_misspelled_word_shares_letter_trigrams():
    assert len(set(retrieval_terms("delivery")) & set(retrieval_terms("delivry"))) >= 4


def found(query: str, text: str) -> bool:
    """What PostgreSQL answers for the queries built here: a conjunction of terms, prefixes and either-or groups."""
    tokens = search_tokens(text).split(" ")
    expression = search_query(query)
    names: dict[str, bool] = {}

    def hit(written: str) -> bool:
        prefix = written.endswith(":*")
        name = written.removesuffix(":*")[1:-1].replace("''", "'").replace("\\\\", "\\")
        return any(token.startswith(name) if prefix else token == name for token in tokens)

    def group(written: str) -> bool:
        return any(all(hit(term) for term in part.strip("() ").split(" & ")) for part in written.split(" | "))

    depth, parts, part = 0, [], ""
    for character in expression + " & ":
        depth += (character == "(") - (character == ")")
        part += character
        parts, part = ([*parts, part[:-3]], "") if depth == 0 and part.endswith(" & ") else (parts, part)
    return bool(expression) and all(names.get(each, group(each)) for each in parts)


MESSAGE = "您好，我的訂單QX-2024-00123還沒到，電話+86 138 0013 8000，信箱 Zhang.San+tea@example.com。Café très bon, L'été"


@pytest.mark.parametrize(
    "query",
    [
        "订单", "訂單", "我的订单", "单", "没到", "到", "箱", "QX-2024-00123", "qx-2024", "00123", "2024", "13800138000",
        "138 0013 8000", "138-0013-8000",
        "+86 138 0013 8000", "8613800138000", "zhang.san+tea@example.com", "example.com", "Zhang", "cafe", "CAFÉ",
        "tres bon", "été", "电话 订单",
    ],
)  # fmt: skip
def test_a_message_is_found_by_what_it_says(query: str):
    assert found(query, MESSAGE)


@pytest.mark.parametrize("query", ["退货", "单我", "QX-2024-00124", "13800138001", "li@example.com", "tea shop", "订单 退货"])
def test_a_message_is_not_found_by_what_it_does_not_say(query: str):
    assert not found(query, MESSAGE)


@given(MIXED.filter(lambda text: search_query(text) != ""))
def test_a_short_message_is_found_by_itself(text: str):
    assert found(text[:20], text[:20]) or search_query(text[:20]) == ""


@pytest.mark.parametrize("text", ["", "  ", "？！", "🙂", "& | ! ( )", "'", "\\"])
def test_nothing_to_search(text: str):
    assert search_query(text) == ""


def test_operators_are_only_characters():
    assert search_query("o'neil & !x:* | \\y") == "'o' & 'neil' & 'x' & 'y'"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("怎么退货", "zh"), ("怎麼退貨", "zh"), ("iPhone 15 怎么退", "zh"), ("wifi密码", "zh"), ("订单QX-1，a.b@c.com", "zh"),
        ("How do I return it?", "en"),
        ("What is 普洱?", "en"), ("返品はできますか", "ja"), ("ギフト", "ja"), ("환불 되나요", "ko"), ("как вернуть", "ru"),
        ("คืนสินค้า", "th"),
        ("كيف أعيد", "ar"), ("123 !!", "xx"), ("", "xx"), ("k", "en"), ("🙂", "xx"),
    ],
)  # fmt: skip
def test_language_by_script(text: str, language: str):
    assert detect_language(text, "xx") == language
