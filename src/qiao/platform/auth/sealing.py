"""Secrets that must be read again (a company's signing key), sealed at rest.

AES-256-GCM with a random nonce, bound to its place: workspace, table, column and row are authenticated with it, so that a sealed text
moved to another of them does not open. The number of the key stands in front. Key 0 is derived from the installation's secret key by
HKDF-SHA256 (RFC 5869); the others are the ring's (`seal_ring`).
"""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.kit.derived_keys import derived
from qiao.kit.errors import Unavailable
from qiao.kit.lazy import lazy

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives.ciphers import aead
else:
    aead = lazy("cryptography.hazmat.primitives.ciphers.aead")
    exceptions = lazy("cryptography.exceptions")

_UNBOUND, _BOUND = b"\x02", b"\x03"
_NUMBER, _NONCE = 2, 12
HEAD = len(_BOUND) + _NUMBER
"""So many bytes in front say how and with which key."""
KEY_BYTES = 32
ROOT = 0
"""The number of the key that hangs on the installation's secret key alone."""


class SealBroken(Unavailable):
    """The sealed text does not open: another secret key, another place, or it was touched. Enter the secret again."""

    code = "auth.seal_broken"


class SealedColumn(Struct, frozen=True):
    """Where sealed texts lie. `keys`: the table's primary key after the workspace, in order. `former`: what a text of before the ring was
    sealed about, with a place for the workspace and one for each key; empty for a column that is younger than the ring.
    """

    table: str
    column: str
    keys: tuple[str, ...]
    former: str = ""

    def at(self, workspace_id: UUID, *row: object) -> "Place":
        """The place of one row, given by its keys in order."""
        return Place(self, workspace_id, tuple(str(one) for one in row))


class Place(Struct, frozen=True):
    """One column of one row: what a seal is bound to."""

    column: SealedColumn
    workspace_id: UUID
    row: tuple[str, ...]

    def bound(self, head: bytes) -> bytes:
        """What is authenticated: no two places, and no two keys, have the same."""
        return head + msgspec.json.encode((self.column.table, self.column.column, str(self.workspace_id), *self.row))

    def about(self) -> bytes:
        """What was authenticated before there was a ring."""
        return self.column.former.format(self.workspace_id, *self.row).encode() + _UNBOUND


class Seals:
    """Seals short texts, and opens them with whichever key of the ring they were sealed with."""

    def __init__(self, secret_key: str) -> None:
        self._secret_key = secret_key.encode()
        self._ring: dict[int, bytes] = {}
        self.current = ROOT

    def hold(self, ring: Mapping[int, bytes], current: int) -> None:
        """From now on these are the keys besides the root, and what is new is sealed with `current`."""
        self._ring = {number: key for number, key in ring.items() if number != ROOT}
        self.current = current if current in self._ring else ROOT

    def seal(self, text: str, place: Place) -> bytes:
        """Unreadable without the key; another value each time."""
        head, nonce = head_of(self.current), os.urandom(_NONCE)
        return head + nonce + aead.AESGCM(self._key(self.current)).encrypt(nonce, text.encode(), place.bound(head))

    def open(self, sealed: bytes, place: Place) -> str:
        """What was sealed for the same place, with any key of the ring. Raises SealBroken."""
        try:
            if sealed[:1] == _UNBOUND:
                return _opened(self._root, sealed[1:], place.about())
            head = sealed[:HEAD]
            return _opened(self._key(_number(head)), sealed[HEAD:], place.bound(head))
        except (exceptions.InvalidTag, ValueError, KeyError) as error:
            raise SealBroken("a stored secret cannot be opened; enter it again", retry_after=3600) from error

    def wrap(self, number: int, key: bytes) -> bytes:
        """A key of the ring as it is stored: sealed under the installation's secret key, bound to its number."""
        nonce = os.urandom(_NONCE)
        return nonce + aead.AESGCM(self._wrapping).encrypt(nonce, key, head_of(number))

    def unwrap(self, number: int, wrapped: bytes) -> bytes:
        """The key again. Raises SealBroken."""
        try:
            nonce, hidden = wrapped[:_NONCE], wrapped[_NONCE:]
            return aead.AESGCM(self._wrapping).decrypt(nonce, hidden, head_of(number))
        except (exceptions.InvalidTag, ValueError) as error:
            raise SealBroken(f"key {number} of the ring does not open with this secret key", retry_after=3600) from error

    def _key(self, number: int) -> bytes:
        return self._root if number == ROOT else self._ring[number]

    # Made by their first use: they need a library that no start waits for.
    @cached_property
    def _root(self) -> bytes:
        return derived(self._secret_key, b"qiao seal")

    @cached_property
    def _wrapping(self) -> bytes:
        return derived(self._secret_key, b"qiao ring")


def head_of(number: int) -> bytes:
    """What stands in front of everything sealed with this key."""
    return _BOUND + number.to_bytes(_NUMBER)


def _number(head: bytes) -> int:
    if head[:1] != _BOUND or len(head) != HEAD:
        raise ValueError("not sealed by us")
    return int.from_bytes(head[1:])


def _opened(key: bytes, hidden: bytes, bound: bytes) -> str:
    return aead.AESGCM(key).decrypt(hidden[:_NONCE], hidden[_NONCE:], bound).decode()
