"""Passwords: strong enough or refused, checked in the same time whether somebody has that name or not."""

import asyncio

import pytest
from argon2 import extract_parameters

from qiao.platform.auth.passwords import _NOBODY, MAX_LENGTH, MIN_LENGTH, PasswordTooWeak, check_password, hash_password

pytestmark = pytest.mark.slow


async def test_the_right_password_opens_and_no_other():
    encoded = await hash_password("正确的马 horse 9")
    assert encoded.startswith("$argon2id$")
    assert "horse" not in encoded
    assert await check_password(encoded, "正确的马 horse 9")
    assert not await check_password(encoded, "正确的马 horse 8")
    assert not await check_password(encoded, "")


async def test_the_same_password_is_hashed_with_a_salt_of_its_own():
    first, second = await asyncio.gather(hash_password("correct horse 9"), hash_password("correct horse 9"))
    assert first != second


@pytest.mark.parametrize("password", ["", "short", "x" * (MIN_LENGTH - 1), "y1z2" * 65])
async def test_a_weak_password_is_refused(password):
    with pytest.raises(PasswordTooWeak) as refused:
        await hash_password(password)
    assert refused.value.details == {"min_length": MIN_LENGTH}
    assert password == "" or password not in refused.value.message


@pytest.mark.parametrize("length", [MIN_LENGTH, MAX_LENGTH])
async def test_the_bounds_themselves_are_allowed(length):
    password = ("teapot of violet clay " * MAX_LENGTH)[:length]
    assert await check_password(await hash_password(password), password)


async def test_nobody_has_no_password():
    assert not await check_password(None, "nobody has this password")
    assert not await check_password("not a hash", "correct horse 9")


async def test_what_is_checked_for_nobody_costs_what_a_real_hash_costs():
    real = extract_parameters(await hash_password("correct horse 9"))
    assert extract_parameters(_NOBODY) == real


async def test_a_password_of_a_megabyte_costs_no_more(monkeypatch):
    encoded = await hash_password("correct horse 9")
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert not await check_password(encoded, "x" * 1_000_000)
    assert loop.time() - began < 5
