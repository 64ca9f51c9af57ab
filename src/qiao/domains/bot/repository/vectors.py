"""Vectors by the text they are of, the version of the index, and the zones' thresholds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.retrieval import Tuning
from qiao.domains.bot.retrieval.tuning import FEATURES, LEARNED_OF
from qiao.domains.bot.zones import ZoneThresholds
from qiao.kit.arrays import Vector, np
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Scope


class IndexState(Struct, frozen=True):
    """`version` rises with every change; `embedded` and `fitted` are the versions that embedding and fitting have reached."""

    version: int = 0
    embedded: int = 0
    fitted: int = 0


class Fitted(Struct, frozen=True):
    """Thresholds by language, the share of wrong answers they were fitted for, and when."""

    thresholds: dict[str, ZoneThresholds]
    target_wrong: float
    at: datetime


class VectorRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id: WorkspaceId = scope.workspace_id

    async def all(self, model: str) -> dict[bytes, Vector]:
        """Every vector of the workspace by its text's hash."""
        rows = await self._connection.fetch(
            "select text_hash, vector from bot_vectors where workspace_id = $1 and model_version = $2", self._workspace_id, model
        )
        return {row["text_hash"]: _read(row["vector"]) for row in rows}

    async def of(self, model: str, hashes: Collection[bytes]) -> dict[bytes, Vector]:
        """The vectors there are of these texts."""
        if not hashes:
            return {}
        rows = await self._connection.fetch(
            "select text_hash, vector from bot_vectors where workspace_id = $1 and model_version = $2 and text_hash = any($3)",
            self._workspace_id,
            model,
            list(hashes),
        )
        return {row["text_hash"]: _read(row["vector"]) for row in rows}

    async def store(self, model: str, vectors: Mapping[bytes, Vector]) -> None:
        """Keep vectors in half precision. Safe to repeat."""
        await self._connection.execute(
            "insert into bot_vectors (workspace_id, text_hash, model_version, vector)"
            " select $1, t.hash, $2, t.vector from unnest($3::bytea[], $4::bytea[]) as t(hash, vector) on conflict do nothing",
            self._workspace_id,
            model,
            list(vectors),
            [vector.astype(np.float16).tobytes() for vector in vectors.values()],
        )

    async def keep_only(self, model: str, hashes: Collection[bytes]) -> None:
        """Forget vectors of other models, and those of texts that are no longer there."""
        await self._connection.execute(
            "delete from bot_vectors where workspace_id = $1 and (model_version <> $2 or not text_hash = any($3))"
            " and created_at < now() - interval '1 hour'",
            self._workspace_id,
            model,
            list(hashes),
        )

    async def state(self) -> IndexState:
        """Where the index stands."""
        row = await self._connection.fetchrow(
            "select version, embedded, fitted from bot_index_versions where workspace_id = $1", self._workspace_id
        )
        return IndexState(**dict(row)) if row else IndexState()

    async def bump(self) -> int:
        """The next version: something is to be found that was not, or no longer."""
        version = await self._connection.fetchval(
            "insert into bot_index_versions (workspace_id, version) values ($1, 1) on conflict (workspace_id)"
            " do update set version = bot_index_versions.version + 1, updated_at = now() returning version",
            self._workspace_id,
        )
        return int(version or 0)

    async def reached(self, *, embedded: int | None = None, fitted: int | None = None) -> None:
        """Note how far embedding and fitting have come; never moves back."""
        await self._connection.execute(
            "insert into bot_index_versions (workspace_id, embedded, fitted) values ($1, coalesce($2, 0), coalesce($3, 0))"
            " on conflict (workspace_id) do update set embedded = greatest(bot_index_versions.embedded, excluded.embedded),"
            " fitted = greatest(bot_index_versions.fitted, excluded.fitted)",
            self._workspace_id,
            embedded,
            fitted,
        )

    async def fitted(self) -> Fitted | None:
        """The workspace's own thresholds, once fitted."""
        row = await self._connection.fetchrow(
            "select thresholds, target_wrong, fitted_at from bot_thresholds where workspace_id = $1", self._workspace_id
        )
        if row is None:
            return None
        return Fitted(msgspec.convert(row["thresholds"], dict[str, ZoneThresholds]), row["target_wrong"], row["fitted_at"])

    async def tuning(self) -> Tuning:
        """What the workspace's questions have taught about finding; the start of everybody before, and where it is of other features."""
        stored = await self._connection.fetchval("select tuning from bot_thresholds where workspace_id = $1", self._workspace_id)
        return _tuning(stored)

    async def store_fitted(
        self, thresholds: Mapping[str, ZoneThresholds], target_wrong: float, tuning: Tuning | None = None
    ) -> None:
        """Keep thresholds and what they were fitted with. Safe to repeat."""
        await self._connection.execute(
            "insert into bot_thresholds (workspace_id, thresholds, target_wrong, tuning, fitted_at)"
            " values ($1, $2, $3, $4, clock_timestamp()) on conflict (workspace_id) do update set"
            " thresholds = excluded.thresholds, target_wrong = excluded.target_wrong, tuning = excluded.tuning,"
            " fitted_at = excluded.fitted_at",
            self._workspace_id,
            msgspec.to_builtins(thresholds),
            target_wrong,
            None if tuning is None else LEARNED_OF + msgspec.msgpack.encode(tuning),
        )


async def behind(connection: object) -> list[tuple[UUID, bool]]:
    """Workspaces where embedding (True) or fitting (False) has not reached the present version, over all workspaces.

    What was learned of other features than today's is to be learned anew, as if the knowledge had changed.
    """
    rows = await connection.fetch(  # pyright: ignore[reportAttributeAccessIssue] - an asyncpg connection outside any workspace
        "select v.workspace_id, v.embedded < v.version as embedding from bot_index_versions v"
        " left join bot_thresholds t on t.workspace_id = v.workspace_id and substring(t.tuning from 1 for $2) <> $1"
        " where v.embedded < v.version or v.fitted < v.version or t.workspace_id is not null",
        LEARNED_OF,
        len(LEARNED_OF),
    )
    return [(row["workspace_id"], row["embedding"]) for row in rows]


def _tuning(stored: bytes | None) -> Tuning:
    """Weights mean nothing without their features, so what is of others, or cannot be read, is not used."""
    if stored is None or not stored.startswith(LEARNED_OF):
        return Tuning()
    try:
        tuning = msgspec.msgpack.decode(stored[len(LEARNED_OF) :], type=Tuning)
    except msgspec.MsgspecError:
        return Tuning()
    return tuning if len(tuning.weights) == len(FEATURES) else Tuning()


def _read(stored: bytes) -> Vector:
    return np.frombuffer(stored, dtype=np.float16).astype(np.float32)
