"""Short messages are cut where they are paid, and say the same afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.sms_text import BASIC, EXTENSION, gsm_bytes, gsm_text, leaves, segments, ucs2_bytes, ucs2_text

SEPTETS = sorted((set(BASIC) - {"\x1b"}) | set(EXTENSION))


@pytest.mark.parametrize(
    ("text", "gsm", "lengths"),
    [
        ("", True, [0]),
        ("a" * 160, True, [160]),
        ("a" * 161, True, [153, 8]),
        ("a" * 306, True, [153, 153]),
        ("a" * 307, True, [153, 153, 1]),
        ("€" * 80, True, [80]),
        ("€" * 81, True, [76, 5]),
        ("a" * 152 + "€" + "b" * 10, True, [152, 11]),
        ("中" * 70, False, [70]),
        ("中" * 71, False, [67, 4]),
        ("👋" * 35, False, [35]),
        ("👋" * 36, False, [33, 3]),
        ("a" * 69 + "ç", False, [70]),
        ("a" * 70 + "ç", False, [67, 4]),
    ],
)
def test_parts_are_those_that_are_paid(text, gsm, lengths):
    cut = segments(text)
    assert (cut.gsm, [len(part) for part in cut.parts]) == (gsm, lengths)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", 160),
        ("a" * 159 + "€", None),
        ("a" * 158 + "€", 0),
        ("a" * 161, 145),
        ("a" * 152 + "€", 6),
        ("a" * 306, 0),
        ("中" * 70, 0),
        ("中" * 71, 63),
        ("👋" * 36, 61),
    ],
)
def test_the_room_that_is_left_is_that_of_the_last_part(text, left):
    cut = segments(text)
    more = "a" * (cut.left if left is None else left)
    assert left is None or cut.left == left
    assert len(segments(text + more).parts) == len(cut.parts)
    assert len(segments(text + more + "a").parts) == len(cut.parts) + 1


@pytest.mark.parametrize(("text", "parts", "left"), [("a" * 70, 1, 0), ("a" * 71, 2, 63), ("", 1, 70), ("€" * 70, 1, 0)])
def test_some_providers_count_every_character_as_one(text, parts, left):
    cut = segments(text, unicode=True)
    assert (cut.gsm, len(cut.parts), cut.left) == (False, parts, left)


@given(st.text(alphabet=SEPTETS, max_size=700))
def test_septets_come_back_and_fit(text):
    cut = segments(text)
    assert cut.gsm
    assert "".join(cut.parts) == text
    assert all(len(gsm_bytes(part)) <= (160 if len(cut.parts) == 1 else 153) for part in cut.parts)
    assert gsm_text(b"".join(map(gsm_bytes, cut.parts))) == text


@given(st.text(max_size=400))
def test_any_text_comes_back_and_fits(text):
    cut = segments(text)
    assert "".join(cut.parts) == text
    if not cut.gsm:
        assert all(len(part.encode("utf-16-be", "surrogatepass")) <= (140 if len(cut.parts) == 1 else 134) for part in cut.parts)
        whole = "".join(character for character in text if not "\ud800" <= character <= "\udfff")
        assert "".join(ucs2_text(ucs2_bytes(part)) for part in cut.parts) == whole


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data):
    assert isinstance(gsm_text(data), str)
    assert len(ucs2_text(data)) <= len(data)


def test_what_the_alphabet_lacks_is_asked_about():
    assert gsm_text(gsm_bytes("中€a")) == "?€a"


@pytest.mark.parametrize("text", ["STOP", " stop. ", "退订", "TD", "ＴＤ", "Unsubscribe!", "退订。"])
def test_words_that_opt_out(text):
    assert leaves(text) is True


@pytest.mark.parametrize("text", ["START", "恢复", "unstop"])
def test_words_that_opt_in_again(text):
    assert leaves(text) is False


@pytest.mark.parametrize("text", ["stop sending me the wrong cup", "我要退订单", "", "怎么取消订单", "don't stop"])
def test_other_words_do_neither(text):
    assert leaves(text) is None
