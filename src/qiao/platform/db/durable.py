"""What a confirmed write rests on: settings of PostgreSQL that must be on, or what was confirmed may be gone after a power cut."""

import asyncpg

MUST_BE_ON = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
_ASKED = "SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])"
_STRONGER = frozenset({"remote_write", "remote_apply", "local"})
"""Values of synchronous_commit that wait for this server's disk as `on` does, and some for another server too."""


async def unsafe_settings(connection: asyncpg.Connection) -> dict[str, str]:
    """Those that are not on, with their values."""
    rows = await connection.fetch(_ASKED, list(MUST_BE_ON))
    found: dict[str, str] = {row["name"]: row["setting"] for row in rows}
    return {name: value for name in MUST_BE_ON if (value := found.get(name, "missing")) != "on" and value not in _STRONGER}
