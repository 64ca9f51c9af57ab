"""Passwords: Argon2id with the library's current parameters; hashes are renewed when those rise."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from qiao.kit.errors import Invalid

MIN_LENGTH = 10
MAX_LENGTH = 256

# OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_nobody = _hasher.hash("nobody has this password")
_turns = asyncio.Semaphore(2)


class PasswordTooWeak(Invalid):
    """Shorter than the least length, longer than the bound, or one character repeated."""

    code = "auth.password_too_weak"


async def hash_password(password: str) -> str:
    """An encoded hash. Raises PasswordTooWeak."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH or len(set(password)) < 4:
        raise PasswordTooWeak(f"use {MIN_LENGTH} to {MAX_LENGTH} characters, at least 4 of them different", min_length=MIN_LENGTH)
    async with _turns:
        return await asyncio.to_thread(_hasher.hash, password)


async def check_password(encoded: str | None, password: str) -> bool:
    """True when the password is right. Takes as long when nobody has that name (encoded is None)."""
    async with _turns:
        return await asyncio.to_thread(_verify, encoded or _nobody, password[:MAX_LENGTH]) and encoded is not None


def _verify(encoded: str, password: str) -> bool:
    try:
        return _hasher.verify(encoded, password)
    except (Argon2Error, InvalidHashError):
        return False
