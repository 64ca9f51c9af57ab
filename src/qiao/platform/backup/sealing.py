"""Streams sealed in chunks: what is cut off, reordered, mixed with another object or touched does not open.

An object is `qiao sealed 1`, a salt, then frames of a length and AES-256-GCM. Each object has a key of its own, derived by HKDF-SHA256
(RFC 5869) from the backup key, the salt and the object's name, which holds the backup's id. The nonce is the chunk's number; number and
"this is the last" are bound in. The same key never seals two things under one nonce, since the salt is new for every object.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from qiao.kit.derived_keys import derived
from qiao.kit.lazy import lazy
from qiao.platform.backup.errors import BackupDamaged

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives.ciphers import aead
else:
    aead = lazy("cryptography.hazmat.primitives.ciphers.aead")
    exceptions = lazy("cryptography.exceptions")

MAGIC = b"qiao sealed 1\n"
CHUNK = 1 << 20
KEY_BYTES = 32
_SALT = 32
_TAG = 16
_LAST = 1 << 31
_LENGTH = struct.Struct(">I")
_BOUND = struct.Struct(">Q?")


def seal(parts: Iterable[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """The object `name` as it is kept. `parts` may be of any length."""
    salt = os.urandom(_SALT)
    cipher = aead.AESGCM(_key_of(key, salt, name))
    yield MAGIC + salt
    for number, (chunk, last) in enumerate(_even(parts)):
        hidden = cipher.encrypt(_nonce(number), chunk, _BOUND.pack(number, last))
        yield _LENGTH.pack(len(hidden) | (_LAST if last else 0)) + hidden


def unseal(parts: Iterable[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """What was sealed under `name`. Raises BackupDamaged, at the latest after the last part: believe nothing before it has ended."""
    source = _Exactly(parts, name)
    if source.take(len(MAGIC)) != MAGIC:
        raise BackupDamaged(f"{name} is not a sealed object of Qiao", object=name)
    cipher = aead.AESGCM(_key_of(key, source.take(_SALT), name))
    number, last = 0, False
    while not last:
        (length,) = _LENGTH.unpack(source.take(_LENGTH.size))
        last, length = bool(length & _LAST), length & ~_LAST
        if not _TAG <= length <= CHUNK + _TAG:
            raise BackupDamaged(f"{name} is damaged", object=name)
        try:
            yield cipher.decrypt(_nonce(number), source.take(length), _BOUND.pack(number, last))
        except exceptions.InvalidTag as error:
            raise BackupDamaged(f"{name} does not open: another key, or it was changed", object=name) from error
        number += 1
    source.must_end()


def _key_of(key: bytes, salt: bytes, name: str) -> bytes:
    return derived(key, b"qiao backup\x00" + name.encode(), salt)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _even(parts: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks of one size, the last one (which may be empty) marked."""
    held = bytearray()
    for part in parts:
        held += part
        while len(held) > CHUNK:
            yield bytes(held[:CHUNK]), False
            del held[:CHUNK]
    yield bytes(held), True


class _Exactly:
    """So many bytes at a time of parts of any length."""

    def __init__(self, parts: Iterable[bytes], name: str) -> None:
        self._parts = iter(parts)
        self._held = bytearray()
        self._name = name

    def take(self, count: int) -> bytes:
        while len(self._held) < count:
            part = next(self._parts, None)
            if part is None:
                raise BackupDamaged(f"{self._name} is cut off", object=self._name)
            self._held += part
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def must_end(self) -> None:
        if self._held or any(self._parts):
            raise BackupDamaged(f"{self._name} goes on after its end", object=self._name)
