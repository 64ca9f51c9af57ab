"""The numbers of PostgreSQL's advisory locks that count for a whole database. Programs of two versions meet at them, so a number stays.

Locks of one workspace or one thing are named by a text that is hashed (`hashtextextended`), timers by two numbers; those are other locks.
"""

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """Who holds it is the only one who does that; a number belongs to one purpose alone."""

    SCHEMA = 7_146_000_001
    """Changing the schema. Of a process that is killed it is free when PostgreSQL has ended what that had asked for."""
    DOOR = 7_146_000_002
    """Programs come (shared), or what older ones need is closed to them."""
    SEAL_RING = 7_146_000_003
    """Changing the ring of sealing keys."""
    BACKUP = 7_146_000_004
    """Taking a backup, for as long as it takes."""
