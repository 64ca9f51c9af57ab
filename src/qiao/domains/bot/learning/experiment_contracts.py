"""What an experiment tries, on whom, and how both versions did. Shares are 0..1; times are aware UTC.

The *first* version is what stands: the settings, the published answer, the published flow. The *second* is what is tried.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from qiao.domains.bot.contracts import Localised
from qiao.domains.bot.learning.contracts import MAX_ANSWER
from qiao.domains.bot.learning.statistics import Difference, Share

Ending = Literal["kept", "adopted", "changed", "gone"]
"""How an experiment ended: the first version was kept, the second adopted; or it ended by itself, because what it was about was
published anew (`changed`), or is not there for customers any more (`gone`).
"""


class TriedEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another answer of a FAQ. It is found as before: only what is said differs."""

    entry_id: UUID
    answer: Annotated[str, Meta(min_length=1, max_length=MAX_ANSWER)]


class TriedFlow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another version of a flow: an earlier one, or without `version` the draft as it stands then.

    Of an experiment that has begun it is the number under which the second version is kept. What begins the flow stays as published.
    """

    flow_id: UUID
    version: int | None = None


class ArmChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the second version does otherwise: settings, or one wording. `answer_from`: the confidence from which it answers."""

    answer_from: Annotated[float, Meta(ge=0.3, le=0.999)] | None = None
    hand_over_when_unsure: bool | None = None
    entry: TriedEntry | None = None
    flow: TriedFlow | None = None


class NewExperiment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An experiment to begin: `share` of the new conversations have the second version."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    changes: ArmChanges
    share: Annotated[float, Meta(ge=0.01, le=0.99)] = 0.5


class Subject(Struct, frozen=True, kw_only=True):
    """What is worded otherwise, as it stood when the experiment began: a FAQ with its `answer`, or a flow with its `version`."""

    kind: Literal["entry", "flow"]
    id: UUID
    title: Localised
    answer: str = ""
    version: int = 0


class Trying(Struct, frozen=True, kw_only=True):
    """The experiment that runs, and which version somebody has."""

    experiment_id: UUID
    name: str
    second: bool
    changes: ArmChanges
    subject: Subject | None


class Arm(Struct, frozen=True, kw_only=True):
    """How one version did, of the sessions that met it. `helpful` is of its sessions with a thumb (the last one on the version counts),
    `asked_again` of the settled ones that it answered, `finished` of the runs of a tried flow that are over, the others of the settled.
    """

    sessions: int
    settled: int
    verified: Share
    assumed: Share
    contained: Share
    handed_over: Share
    asked_again: Share
    helpful: Share
    finished: Share


class Experiment(Struct, frozen=True, kw_only=True):
    """Something tried on a share of new conversations, and how both versions did. `subject` is None of settings."""

    id: UUID
    name: str
    changes: ArmChanges
    subject: Subject | None
    share: float
    started_at: datetime
    started_by: UUID | None
    ended_at: datetime | None
    ended_by: UUID | None
    ending: Ending | None
    first: Arm
    second: Arm
    differences: dict[str, Difference]
