"""Segments of PostgreSQL's log in an archive: their names, and putting them there."""

import re

PREFIX = "wal/"
SEGMENT_BYTES = 16 << 20
PACKED = ".gz"
PARTIAL = ".partial"
REACHED = "reached.json"
_SEGMENT = re.compile(r"[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})")


def number_of(name: str) -> int | None:
    """Which segment of the log it is, whatever the timeline; None for histories of timelines and what else is there."""
    found = _SEGMENT.match(name)
    return (int(found[1], 16) << 8) + int(found[2], 16) if found else None


def number_at(lsn: str) -> int:
    """The segment that holds a position of the log, written as PostgreSQL writes it (0/2000028)."""
    high, low = lsn.split("/")
    return ((int(high, 16) << 32) + int(low, 16)) // SEGMENT_BYTES


def segment_before(name: str, lsn: str) -> bool:
    """Whether everything in this segment comes before the position."""
    number = number_of(name)
    return number is not None and number < number_at(lsn)
