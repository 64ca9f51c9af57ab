"""Passwords: Argon2id with the library's current parameters; hashes are renewed when those rise."""

import asyncio
from collections.abc import Collection

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from qiao.kit.errors import Invalid
from qiao.platform.auth.common_passwords import is_common

MIN_LENGTH = 10
MAX_LENGTH = 256

# OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
_PASSES, _KIBIBYTES, _LANES = 2, 19_456, 1
_hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_KIBIBYTES, parallelism=_LANES)
# What is checked when nobody has that name: it costs what a real hash costs, and no password is known that gives it.
_NOBODY = f"$argon2id$v=19$m={_KIBIBYTES},t={_PASSES},p={_LANES}$bm9ib2R5IGF0IGFsbCEhIQ${'A' * 43}"
_turns = asyncio.Semaphore(2)


class PasswordTooWeak(Invalid):
    """Shorter than the least length, longer than the bound, or among what guessers try first (`details["common"]`)."""

    code = "auth.password_too_weak"


async def hash_password(password: str, *, about: Collection[str] = ()) -> str:
    """An encoded hash. `about`: what is known of its owner, too little for a password. Raises PasswordTooWeak."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise PasswordTooWeak(f"use {MIN_LENGTH} to {MAX_LENGTH} characters", min_length=MIN_LENGTH)
    if is_common(password, about):
        raise PasswordTooWeak("this is among the first that are guessed; use several words", common=True)
    async with _turns:
        return await asyncio.to_thread(_hasher.hash, password)


async def check_password(encoded: str | None, password: str) -> bool:
    """True when the password is right. Takes as long when nobody has that name (encoded is None)."""
    async with _turns:
        return await asyncio.to_thread(_verify, encoded or _NOBODY, password[:MAX_LENGTH]) and encoded is not None


def _verify(encoded: str, password: str) -> bool:
    try:
        return _hasher.verify(encoded, password)
    except (Argon2Error, InvalidHashError):
        return False
