"""The time, in one place, so that tests can hold it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, aware, in UTC. Shown to people in their own zone; never used to order messages."""
    return datetime.now(UTC)
