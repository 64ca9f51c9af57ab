"""Check characters of cards, identity numbers and company codes: one wrong sign is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.checksums import is_credit_code, is_id_number, is_luhn

CODE = "91350100M000100Y43"


@given(st.text("0123456789", min_size=15, max_size=15))
def test_one_wrong_digit_breaks_a_card(body: str):
    whole = next(f"4{body}{check}" for check in range(10) if is_luhn(f"4{body}{check}") or check == 9)
    wrong = whole[:5] + str((int(whole[5]) + 1) % 10) + whole[6:]
    assert not (is_luhn(whole) and is_luhn(wrong))


@pytest.mark.parametrize(
    ("written", "right"),
    [("11010519491231002X", True), ("11010519491231002x", True), ("110105194912310021", False), ("11010519491331002X", False)],
)
def test_an_identity_number_has_a_birthday_and_its_check_character(written: str, right: bool):
    assert is_id_number(written) is right


@pytest.mark.parametrize(
    ("written", "right"),
    [
        (CODE, True),
        (CODE.lower(), True),
        ("91350100M000100Y44", False),
        ("91330106MA2CFKKK1A", False),
        (CODE[:-1], False),
        ("", False),
    ],
)
def test_a_credit_code_is_known_by_its_check_character(written: str, right: bool):
    assert is_credit_code(written) is right


@given(st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_sign_of_a_credit_code_is_found(place: int, sign: str):
    touched = CODE[:place] + sign + CODE[place + 1 :]
    assert is_credit_code(touched) is (touched == CODE)
