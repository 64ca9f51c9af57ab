"""What a message means among a workspace's intents, for whoever acts on it (flows, dialogue)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from qiao.kit.arrays import Vector
from qiao.kit.ids import WorkspaceId

IN_SCOPE = 0.5
"""How surely a message must have an intent at all before anything is done by it."""


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


MAX_INTENTS = 300
MAX_EXAMPLES = 500
Key = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Names = Annotated[
    dict[Annotated[str, Meta(max_length=16)], Annotated[str, Meta(min_length=1, max_length=80)]], Meta(min_length=1)
]


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """How a customer may put it, and in which language ('' when nobody said)."""

    text: Annotated[str, Meta(min_length=1, max_length=300)]
    language: Annotated[str, Meta(max_length=16)] = ""


Examples = Annotated[list[Example], Meta(max_length=MAX_EXAMPLES)]


class Intent(Struct, frozen=True, kw_only=True):
    """Something customers want, known by examples. `key` names it for flows and files; `name` people, by language."""

    id: UUID
    key: str
    name: dict[str, str]
    examples: list[Example]
    enabled: bool
    updated_at: datetime


class NewIntent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An intent to make."""

    key: Key
    name: Names
    examples: Examples = []
    enabled: bool = True


class IntentChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; absent fields stay. Examples are replaced as a whole."""

    key: Key | UnsetType = UNSET
    name: Names | UnsetType = UNSET
    examples: Examples | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class IntentTry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to try."""

    text: Annotated[str, Meta(min_length=1, max_length=2_000)]


class IntentTrial(Struct, frozen=True, kw_only=True):
    """What a message was taken for, best first, by what, and how long that took without the embedding."""

    guesses: list[Guess]
    by: Literal["model", "neighbours", "words", "nothing"]
    took_ms: float


class Comparison(Struct, frozen=True, kw_only=True):
    """Hits of the new and the earlier model on the examples held back from both, of the intents that both know.

    `earlier` is None for the first model; `accuracy` is over all held-back examples, `None` when there are none.
    """

    held_back: int
    compared: int
    hits: int
    earlier: int | None
    accuracy: float | None


class IntentModelView(Struct, frozen=True, kw_only=True):
    """One training: what came of it and why."""

    version: int
    outcome: Literal["in_use", "replaced", "refused"]
    intents: int
    examples: int
    with_meaning: bool
    comparison: Comparison
    seconds: float
    created_at: datetime


class IntentModelStatus(Struct, frozen=True, kw_only=True):
    """Which model answers now (None: neighbours do), the last training, and whether changes wait for one."""

    in_use: IntentModelView | None
    last: IntentModelView | None
    waiting: bool
    trainable: bool
