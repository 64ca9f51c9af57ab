"""Identifiers and secrets.

Rows are named by UUID version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits, so that new rows land
at the end of an index. Secrets are 256 random bits.
"""

import hashlib
import hmac
import os
import secrets
import time
from typing import NewType
from uuid import UUID

WorkspaceId = NewType("WorkspaceId", UUID)
PersonId = NewType("PersonId", UUID)
ContactId = NewType("ContactId", UUID)
InboxId = NewType("InboxId", UUID)
ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
TeamId = NewType("TeamId", UUID)
EntryId = NewType("EntryId", UUID)
FileId = NewType("FileId", UUID)
TicketId = NewType("TicketId", UUID)


def new_id() -> UUID:
    """A fresh UUIDv7. Unique without coordination; ordered by creation to the millisecond."""
    value = (time.time_ns() // 1_000_000 & 0xFFFFFFFFFFFF) << 80
    value |= int.from_bytes(os.urandom(10)) & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def new_secret(prefix: str = "") -> str:
    """A URL-safe secret of 256 bits. The prefix tells people and secret scanners what it opens."""
    return prefix + secrets.token_urlsafe(32)


def secret_digest(secret: str) -> bytes:
    """What is stored in place of a secret: SHA-256. Enough, because the secret itself is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def same_secret(left: str, right: str) -> bool:
    """Compare without telling by time where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())


_last_rising = 0


def rising_id() -> UUID:
    """A fresh UUIDv7 that is greater than every one this process gave before: 48 bits of milliseconds, 12 of a counter (RFC 9562, 6.2)."""
    global _last_rising  # noqa: PLW0603 - what "before" means
    _last_rising = max(_last_rising + 1, (time.time_ns() // 1_000_000 & 0xFFFFFFFFFFFF) << 12)
    value = (_last_rising >> 12) << 80 | 0x7 << 76 | (_last_rising & 0xFFF) << 64 | 0x2 << 62
    return UUID(int=value | int.from_bytes(os.urandom(8)) & ((1 << 62) - 1))
