"""What guessers try first is refused; what people with a little thought make is not."""

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from qiao.platform.auth.common_passwords import is_common
from qiao.platform.auth.passwords import PasswordTooWeak, hash_password


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa", "abababababab", "abcabcabcabc", "1234567890", "0987654321", "qwertyuiop", "1qaz2wsx3edc", "qwerty12345",
        "Password123!", "P@ssw0rd2026", "passwordpassword", "Welcome2026!", "iloveyou1314", "woaini520520", "wodemima2026", "admin123456",
        "changeme!!!!", "SummerSpring1", "letmein12345", "2026112220261122", "qiaowelcome1", "  password  ", "abcdefghijkl", "!!!!!!!!!!",
        "Trustno1trustno1", "zxcvbnm,./",
    ],
)  # fmt: skip
def test_what_is_tried_first_is_common(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse 9",
        "lanting-demo-2026",
        "another good one 7",
        "茶壶里的月亮很圆啊",
        "vK3#pq9!zLmw",
        "violet teapot 9 moons",
        "x" + "qwz91" * 3,
    ],
)
def test_what_somebody_thought_of_is_not(password: str) -> None:
    assert not is_common(password)


def test_none_of_the_most_used_is_taken() -> None:
    """All of the list that would be long enough, the first 3,000 among them."""
    listed = FREQUENCY_LISTS["passwords"]
    assert len(listed) >= 30_000
    assert [one for one in listed if not is_common(one)] == []
    assert is_common("ManChester") and is_common("undertaker")


@pytest.mark.parametrize("password", ["ningxiaotang7", "Ningxiaotang2026", "lanting lanting 1"])
def test_names_and_addresses_of_the_owner_are_too_little(password: str) -> None:
    about = ("ningxiaotang@lanting.example", "Ning Xiaotang", "lanting")
    assert is_common(password, about)
    assert not is_common(password + " brews oolong", about)


async def test_a_password_has_a_length_and_no_other_rule() -> None:
    for password in ("short", "x1 y2 z3!", "v" * 300):
        with pytest.raises(PasswordTooWeak):
            await hash_password(password)
    with pytest.raises(PasswordTooWeak) as refused:
        await hash_password("Password2026")
    assert refused.value.details == {"common": True}
    long = "a passphrase of very many words, " * 5
    assert len(long) > 128
    assert (await hash_password(long)).startswith("$argon2id$")
