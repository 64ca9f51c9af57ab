"""What a message means among a workspace's intents, for whoever acts on it (flows, dialogue)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from qiao.kit.arrays import Vector
from qiao.kit.ids import WorkspaceId


class Guess(Struct, frozen=True):
    """One intent a message may have. `probability` (0..1, calibrated) is among the intents, assuming that it has one of them;
    `in_scope` (0..1, the same for all guesses of a message) says how surely it has one at all.
    """

    intent_id: UUID
    probability: float
    in_scope: float


class Classifier(Protocol):
    """Tells intents apart. Read-only, safe to repeat; never waits for training."""

    async def classify(self, workspace_id: WorkspaceId, text: str, vector: Vector | None) -> Sequence[Guess]:
        """The likeliest intents of `text`, best first, at most 5; empty when the workspace has no enabled intent.

        `vector` is the unit row of `Meaning.of_question`; without one the words alone decide.
        """
        ...
