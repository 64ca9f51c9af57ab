"""Intents, their trained models, and the vectors of their examples."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Connection, UniqueViolationError
from msgspec import Struct

from qiao.domains.bot.classifying.contracts import Example, Intent, IntentModelView
from qiao.domains.bot.errors import IntentKeyTaken
from qiao.kit.arrays import Vector, np
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Scope

_COLUMNS = "id, key, name, examples, enabled, updated_at"


class Trained(Struct, frozen=True, kw_only=True):
    """What a training is stored with."""

    outcome: str
    fingerprint: bytes
    model_version: str | None
    figures: dict[str, Any]
    arrays: tuple[bytes, bytes] | None
    twin: tuple[bytes, bytes] | None
    """Bytes and their SHA-256."""


class Marks(Struct, frozen=True):
    """What tells whether anything changed since it was last looked at."""

    count: int
    changed_at: datetime | None
    version: int


class IntentRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id

    async def all(self) -> list[Intent]:
        """Every intent, by key."""
        rows = await self._connection.fetch(
            f"select {_COLUMNS} from bot_intents where workspace_id = $1 order by key", self._workspace_id
        )
        return [_intent(row) for row in rows]

    async def ids(self) -> set[UUID]:
        """Which there are."""
        rows = await self._connection.fetch("select id from bot_intents where workspace_id = $1", self._workspace_id)
        return {row["id"] for row in rows}

    async def one(self, intent_id: UUID) -> Intent | None:
        """One intent, locked for a change."""
        row = await self._connection.fetchrow(
            f"select {_COLUMNS} from bot_intents where workspace_id = $1 and id = $2 for update", self._workspace_id, intent_id
        )
        return _intent(row) if row else None

    async def write(self, intent: Intent) -> None:
        """Make or change an intent. Raises IntentKeyTaken."""
        try:
            async with self._connection.transaction():
                await self._connection.execute(
                    "insert into bot_intents (workspace_id, id, key, name, examples, enabled, updated_at)"
                    " values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace_id, id) do update set"
                    " key = excluded.key, name = excluded.name, examples = excluded.examples, enabled = excluded.enabled,"
                    " updated_at = excluded.updated_at",
                    self._workspace_id,
                    intent.id,
                    intent.key,
                    intent.name,
                    msgspec.to_builtins(intent.examples),
                    intent.enabled,
                    intent.updated_at,
                )
        except UniqueViolationError:
            raise IntentKeyTaken(f"there is already an intent with the key {intent.key}") from None

    async def delete(self, intent_id: UUID) -> bool:
        """Whether there was one to delete."""
        done = await self._connection.execute(
            "delete from bot_intents where workspace_id = $1 and id = $2", self._workspace_id, intent_id
        )
        return done.endswith(" 1")

    async def marks(self) -> Marks:
        """Count and last change of the intents, and the version of the model that answers (0: none)."""
        row = await self._connection.fetchrow(
            "select (select count(*) from bot_intents where workspace_id = $1),"
            " (select max(updated_at) from bot_intents where workspace_id = $1),"
            " (select coalesce(max(version), 0) from bot_intent_models where workspace_id = $1 and outcome = 'in_use')",
            self._workspace_id,
        )
        return Marks(*row) if row else Marks(0, None, 0)

    # --- models -----------------------------------------------------------------------------------------------------------

    async def answering(self) -> tuple[IntentModelView, Trained] | None:
        """The model that answers, with its arrays."""
        row = await self._connection.fetchrow(
            "select * from bot_intent_models where workspace_id = $1 and outcome = 'in_use' order by version desc limit 1",
            self._workspace_id,
        )
        if row is None:
            return None
        stored = Trained(
            outcome=row["outcome"],
            fingerprint=row["fingerprint"],
            model_version=row["model_version"],
            figures=row["figures"],
            arrays=(row["arrays"], row["arrays_hash"]),
            twin=(row["twin"], row["twin_hash"]) if row["twin"] else None,
        )
        return _view(row), stored

    async def last(self) -> tuple[IntentModelView, bytes] | None:
        """The last training and what it was of, whatever came of it."""
        row = await self._connection.fetchrow(
            "select version, outcome, figures, fingerprint, created_at from bot_intent_models where workspace_id = $1"
            " order by version desc limit 1",
            self._workspace_id,
        )
        return (_view(row), row["fingerprint"]) if row else None

    async def keep(self, trained: Trained) -> int:
        """Store a training; one that is in use takes the earlier one's place. Its version."""
        newest: int | None = await self._connection.fetchval(
            "select max(version) from bot_intent_models where workspace_id = $1", self._workspace_id
        )
        version = (newest or 0) + 1
        if trained.outcome == "in_use":
            await self._connection.execute(
                "update bot_intent_models set outcome = 'replaced', arrays = null, arrays_hash = null, twin = null, twin_hash = null"
                " where workspace_id = $1 and outcome = 'in_use'",
                self._workspace_id,
            )
        await self._connection.execute(
            "insert into bot_intent_models (workspace_id, version, outcome, fingerprint, model_version, arrays, arrays_hash, twin,"
            " twin_hash, figures) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            self._workspace_id,
            version,
            trained.outcome,
            trained.fingerprint,
            trained.model_version,
            *(trained.arrays or (None, None)),
            *(trained.twin or (None, None)),
            trained.figures,
        )
        return version

    # --- vectors ----------------------------------------------------------------------------------------------------------

    async def vectors(self, model: str, hashes: Collection[bytes]) -> dict[bytes, Vector]:
        """The vectors there are of these texts."""
        rows = await self._connection.fetch(
            "select text_hash, vector from bot_intent_vectors where workspace_id = $1 and model_version = $2 and text_hash = any($3)",
            self._workspace_id,
            model,
            list(hashes),
        )
        return {row["text_hash"]: np.frombuffer(row["vector"], dtype="<f2").astype(np.float32) for row in rows}

    async def store_vectors(self, model: str, vectors: Mapping[bytes, Vector]) -> None:
        """Keep vectors. Safe to repeat."""
        await self._connection.executemany(
            "insert into bot_intent_vectors (workspace_id, text_hash, model_version, vector) values ($1, $2, $3, $4)"
            " on conflict do nothing",
            [(self._workspace_id, key, model, vector.astype("<f2").tobytes()) for key, vector in vectors.items()],
        )

    async def keep_only(self, model: str, hashes: Sequence[bytes]) -> None:
        """Forget the vectors of examples that are no more, and of other models."""
        await self._connection.execute(
            "delete from bot_intent_vectors where workspace_id = $1 and not (model_version = $2 and text_hash = any($3))",
            self._workspace_id,
            model,
            list(hashes),
        )


async def untrained(connection: Connection, written: int) -> list[UUID]:
    """Workspaces whose intents changed after their last training began, or were last trained in another format than `written`, with
    which a fingerprint begins.
    """
    rows = await connection.fetch(
        "select i.workspace_id from bot_intents i left join lateral (select created_at, get_byte(fingerprint, 0) as format"
        " from bot_intent_models m where m.workspace_id = i.workspace_id order by version desc limit 1) last on true"
        " group by i.workspace_id, last.created_at, last.format"
        " having max(i.updated_at) > coalesce(last.created_at, '-infinity') or last.format <> $1",
        written,
    )
    return [row["workspace_id"] for row in rows]


def _intent(row: Mapping[str, Any]) -> Intent:
    return Intent(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        examples=msgspec.convert(row["examples"], list[Example]),
        enabled=row["enabled"],
        updated_at=row["updated_at"],
    )


def _view(row: Mapping[str, Any]) -> IntentModelView:
    known = {"version": row["version"], "outcome": row["outcome"], "created_at": row["created_at"]}
    return msgspec.convert({**row["figures"], **known}, IntentModelView)
