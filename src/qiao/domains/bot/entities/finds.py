"""What the looking rules give back before the best of them are chosen."""

from msgspec import Struct

from qiao.domains.bot.entities.contracts import Kind, Value

SURE = 3
"""A checksum, or named as what it is."""
LIKELY = 2
"""Its own shape."""
POSSIBLE = 1
"""A shape that other things have too."""

MOST_OF_A_KIND = 40
"""Of one rule in one message; what repeats more often than this is no message of a customer."""


class Find(Struct, frozen=True):
    """A stretch of the folded message that may be something; `surety` decides between finds of one length."""

    kind: Kind
    start: int
    end: int
    value: Value
    surety: int
