"""What was asked of a desk and what it answered: the one side of every comparison.

An operation is `ok` (acknowledged), `fail` (refused for certain: it must not be there) or `info` (nobody knows: it may be there once or
not at all). An error on a commit is not a "no", so whatever is neither acknowledged nor refused is `info` until it is sent again under
the same client id and answered.
"""

import itertools
import json
import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct


class Outcome(StrEnum):
    """What is known of an operation."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class Operation(Struct, kw_only=True):
    """One message that somebody wrote. `number` counts what this author wrote in this conversation; times are monotonic seconds."""

    kind: str
    client_id: str
    workspace: str
    author: str
    number: int
    text: str
    invoked_at: float
    outcome: Outcome = Outcome.INFO
    attempts: int = 0
    answered_at: float | None = None
    seq: int | None = None
    conversation: str = ""
    error: str = ""


class Stored(Struct, frozen=True, kw_only=True):
    """A row of a conversation, as the database or an API gave it; `client_id` as its author gave it."""

    workspace: str
    conversation: str
    seq: int
    id: str
    client_id: str
    author_kind: str
    text: str


class Seen(Struct, frozen=True, kw_only=True):
    """What one reader of a workspace was shown: rows in the order shown, and every raw text that came along.

    Of the conversations `whole_of` nothing may be missing; what an acknowledgement told (`acknowledged`: conversation, number) counts.
    """

    workspace: str
    where: str
    rows: tuple[Stored, ...] = ()
    raw: str = ""
    whole_of: frozenset[str] = frozenset()
    acknowledged: frozenset[tuple[str, int]] = frozenset()


class Tally(Struct, frozen=True, kw_only=True):
    """Conversations counted in several ways that must agree: by rows, by the log, by the API; who has how many by rows and by the API."""

    workspace: str
    opened: int
    by_status: dict[str, int]
    shown: dict[str, int]
    owners: dict[str, list[str]] = {}
    loads: dict[str, int] = {}
    found_by_search: int | None = None
    searchable: int | None = None


class History:
    """Every operation of a run, in the order of their beginning."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.operations: list[Operation] = []
        self._by_client_id: dict[str, Operation] = {}
        self._said: dict[str, int] = {}

    def invoke(self, kind: str, workspace: str, author: str, *, canary: str = "", to: str = "") -> Operation:
        """Begin an operation: its client id is its author's alone, and its text carries the workspace's canary."""
        whose = f"{author}>{to}" if to else author
        number = self._said[whose] = self._said.get(whose, 0) + 1
        client_id = f"{whose}.{number}"
        operation = Operation(
            kind=kind,
            client_id=client_id,
            workspace=workspace,
            author=author,
            number=number,
            text=f"{canary} 第 {number} 条 {client_id}",
            invoked_at=time.monotonic(),
            conversation=to,
        )
        self.operations.append(operation)
        self._by_client_id[client_id] = operation
        return operation

    def ok(self, operation: Operation, seq: int, conversation: str) -> None:
        """Acknowledged."""
        operation.outcome, operation.seq, operation.conversation = Outcome.OK, seq, conversation
        operation.answered_at = time.monotonic()

    def fail(self, operation: Operation, error: str) -> None:
        """Refused for certain."""
        operation.outcome, operation.error, operation.answered_at = Outcome.FAIL, error, time.monotonic()

    def unsure(self, operation: Operation, error: str) -> None:
        """No answer, or one that does not say."""
        operation.error = error

    def get(self, client_id: str) -> Operation | None:
        """The operation of a client id."""
        return self._by_client_id.get(client_id)

    def of(self, outcome: Outcome) -> list[Operation]:
        """Those with this outcome."""
        return [one for one in self.operations if one.outcome is outcome]

    def counts(self) -> dict[str, int]:
        """How many of which outcome, and how many needed more than one attempt."""
        return {
            **{outcome.value: len(self.of(outcome)) for outcome in Outcome},
            "sent again": sum(one.attempts > 1 for one in self.operations),
        }

    def write(self, path: Path) -> None:
        """As JSON lines, the seed first: a whole run to look at."""
        lines = [json.dumps({"seed": self.seed}), *(msgspec.json.encode(one).decode() for one in self.operations)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def longest_silence(operations: Iterable[Operation]) -> float:
    """The longest time in seconds between two acknowledgements: how long nobody could write."""
    times = sorted(one.answered_at for one in operations if one.outcome is Outcome.OK and one.answered_at is not None)
    return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)
