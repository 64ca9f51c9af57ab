"""The intents of workspaces: kept, learned in jobs, and told apart for whoever acts on them."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
import structlog
from msgspec import UNSET, Struct
from msgspec.structs import replace

from qiao.domains.bot.classifying.child import Lesson, Order, Outcome, TrainingFailed, train_apart
from qiao.domains.bot.classifying.contracts import (
    IN_SCOPE,
    MAX_INTENTS,
    Guess,
    Intent,
    IntentChanges,
    IntentModelStatus,
    IntentTrial,
    NewIntent,
)
from qiao.domains.bot.classifying.gate import may_replace
from qiao.domains.bot.classifying.model import FORMAT, IntentModel
from qiao.domains.bot.classifying.nearest import Neighbours
from qiao.domains.bot.errors import IntentInvalid, IntentNotFound
from qiao.domains.bot.meaning import Meaning, text_hash
from qiao.domains.bot.repository.intents import IntentRows, Marks, Trained, untrained
from qiao.kit.arrays import Vector
from qiao.kit.clock import utc_now
from qiao.kit.ids import WorkspaceId, new_id
from qiao.kit.text import normalise
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Database, Scope
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.jobs.timers import in_each

SETTLE_SECONDS = 3.0
"""Several changes in a row are learned together."""
LOOK_SECONDS = 1.0
MAX_GUESSES = 5
MAX_HELD = 200
SURELY = 0.6
"""How likely an intent must be to be taken for what a customer wants."""
LEAST_EXAMPLES = 3
LEAST_INTENTS = 2
_BATCH = 32
_log = structlog.get_logger("qiao.bot")


class _Held(Struct):
    """One workspace's intents as of `marks`: the model, and the neighbours for what it does not know."""

    marks: Marks
    looked_at: float
    model: IntentModel | None
    enabled: Mapping[UUID, str]
    known: frozenset[UUID]
    neighbours: Neighbours | None


class Intents:
    """Implements `Classifier`. Safe to call from many tasks; what another process changed is met after a second at most."""

    def __init__(self, database: Database, meaning: Meaning, jobs: Jobs) -> None:
        self._database = database
        self._meaning = meaning
        self._jobs = jobs
        self._held: OrderedDict[WorkspaceId, _Held] = OrderedDict()

    # --- telling apart ----------------------------------------------------------------------------------------------------

    async def classify(self, workspace_id: WorkspaceId, text: str, vector: Vector | None) -> Sequence[Guess]:
        """The likeliest intents of `text`, best first, at most 5; see `Classifier`."""
        return _told(await self._shelf(workspace_id), text, vector)

    async def understood(self, workspace_id: WorkspaceId, text: str) -> str | None:
        """The key of the intent that `text` surely has; None when it surely has none, or may have several."""
        held = await self._shelf(workspace_id)
        if not held.enabled:
            return None
        best = next(iter(_told(held, text, await self._meaning.of_question(text))), None)
        if best is None or best.in_scope < IN_SCOPE or best.probability < SURELY:
            return None
        return held.enabled[best.intent_id]

    async def try_text(self, workspace_id: WorkspaceId, text: str) -> IntentTrial:
        """What a message would be taken for."""
        held = await self._shelf(workspace_id)
        vector = await self._meaning.of_question(text) if held.enabled else None
        started = time.perf_counter()
        guesses = _told(held, text, vector)
        took = (time.perf_counter() - started) * 1_000
        by = "words" if vector is None else "model" if held.model is not None else "neighbours"
        return IntentTrial(guesses=guesses, by=by if guesses else "nothing", took_ms=took)

    async def _shelf(self, workspace_id: WorkspaceId) -> _Held:
        held, now = self._held.get(workspace_id), time.monotonic()
        if held is not None and now - held.looked_at < LOOK_SECONDS:
            return held
        async with self._database.scope(workspace_id) as scope:
            rows = IntentRows(scope)
            marks = await rows.marks()
            if held is not None and held.marks == marks:
                held.looked_at = now
                return held
            found = await self._read(rows, marks, now, held)
        self._held[workspace_id] = found
        self._held.move_to_end(workspace_id)
        if len(self._held) > MAX_HELD:
            self._held.popitem(last=False)
        return found

    async def _read(self, rows: IntentRows, marks: Marks, now: float, before: _Held | None) -> _Held:
        intents = [one for one in await rows.all() if one.enabled] if marks.count else []
        same = before is not None and before.marks.version == marks.version
        model = before.model if before is not None and same else await self._model(rows, marks)
        known = frozenset(UUID(label) for label in model.labels) if model else frozenset[UUID]()
        new = [one for one in intents if one.id not in known]
        neighbours = Neighbours(*await self._neighbours_of(rows, new)) if new else None
        return _Held(marks, now, model, {one.id: one.key for one in intents}, known, neighbours)

    async def _model(self, rows: IntentRows, marks: Marks) -> IntentModel | None:
        stored = await rows.answering() if marks.version else None
        if stored is None or stored[1].arrays is None:
            return None
        usable = stored[1].model_version in {None, await self._meaning.version()} or self._meaning.state != "ready"
        try:
            return await asyncio.to_thread(IntentModel.from_bytes, *stored[1].arrays) if usable else None
        except (ValueError, msgspec.MsgspecError) as error:
            _log.warning("a model of intents cannot be read; neighbours decide", version=marks.version, error=str(error))
            return None

    async def _neighbours_of(
        self, rows: IntentRows, intents: Sequence[Intent]
    ) -> tuple[list[tuple[UUID, str]], dict[str, Vector]]:
        texts = [(one.id, text) for one in intents for text in _texts(one)]
        version = await self._meaning.version()
        stored = await rows.vectors(version, {text_hash(text) for _, text in texts}) if version else {}
        return texts, {text: stored[key] for _, text in texts if (key := text_hash(text)) in stored}

    # --- keeping ----------------------------------------------------------------------------------------------------------

    async def all(self, scope: Scope) -> list[Intent]:
        """Every intent of the workspace, by key."""
        return await IntentRows(scope).all()

    async def create(self, scope: Scope, new: NewIntent) -> Intent:
        """Make an intent and have it learned. Raises IntentKeyTaken, IntentInvalid."""
        if len(await IntentRows(scope).all()) >= MAX_INTENTS:
            raise IntentInvalid(f"a workspace has at most {MAX_INTENTS} intents", details={"field": "key"})
        intent = Intent(id=new_id(), updated_at=utc_now(), **{name: getattr(new, name) for name in NewIntent.__struct_fields__})
        return await self._write(scope, intent)

    async def change(self, scope: Scope, intent_id: UUID, changes: IntentChanges) -> Intent:
        """Change an intent and have it learned. Raises IntentNotFound, IntentKeyTaken, IntentInvalid. Safe to repeat."""
        intent = await IntentRows(scope).one(intent_id)
        if intent is None:
            raise IntentNotFound("no such intent")
        given = {name: value for name in IntentChanges.__struct_fields__ if (value := getattr(changes, name)) is not UNSET}
        after = await self._write(scope, replace(intent, **given, updated_at=utc_now()))
        noted(intent, after)
        return after

    async def delete(self, scope: Scope, intent_id: UUID) -> None:
        """Forget an intent; from now on nothing is taken for it. Raises IntentNotFound."""
        if not await IntentRows(scope).delete(intent_id):
            raise IntentNotFound("no such intent")
        await self._learn_soon(scope)

    async def _write(self, scope: Scope, intent: Intent) -> Intent:
        seen: dict[str, None] = {}
        for example in intent.examples:
            plain = normalise(example.text)
            if not any(map(str.isalnum, plain)):
                raise IntentInvalid("an example has no words", details={"field": "examples"})
            if plain in seen:
                raise IntentInvalid(f"an example stands there twice: {example.text}", details={"field": "examples"})
            seen[plain] = None
        await IntentRows(scope).write(intent)
        await self._learn_soon(scope)
        return intent

    async def _learn_soon(self, scope: Scope) -> None:
        self.forget(scope.workspace_id)
        await self._jobs.enqueue(scope, "bot.intents", {}, after_seconds=SETTLE_SECONDS, once="bot.intents")

    async def learn_anyway(self, scope: Scope) -> None:
        """Have the examples learned as they are, although the last model was refused. Safe to repeat."""
        await self._jobs.enqueue(scope, "bot.intents", {"anyway": True}, once="bot.intents.anyway")

    def forget(self, workspace_id: WorkspaceId) -> None:
        """Something was changed here: look again with the next question."""
        held = self._held.get(workspace_id)
        if held is not None:
            held.looked_at = -LOOK_SECONDS

    async def status(self, scope: Scope) -> IntentModelStatus:
        """Which model answers, what the last training came to, whether changes wait for one."""
        rows = IntentRows(scope)
        answering, last = await rows.answering(), await rows.last()
        intents = [one for one in await rows.all() if one.enabled]
        trainable = _is_trainable(intents)
        waiting = trainable and (last is None or not last[1].startswith(_fingerprint(intents)))
        return IntentModelStatus(
            in_use=answering[0] if answering else None, last=last[0] if last else None, waiting=waiting, trainable=trainable
        )

    # --- learning ---------------------------------------------------------------------------------------------------------

    async def catch_up(self) -> None:
        """Enqueue what a job that was just ending may have missed, and where the program reads another format now. For a timer."""
        async with self._database.across() as connection:
            late = await untrained(connection, FORMAT)

        async def enqueue(workspace_id: WorkspaceId) -> None:
            async with self._database.scope(workspace_id) as scope:
                intents = [one for one in await IntentRows(scope).all() if one.enabled]
                if _is_trainable(intents):
                    await self._jobs.enqueue(scope, "bot.intents", {}, once="bot.intents")

        await in_each(map(WorkspaceId, late), enqueue)

    async def learn(self, workspace_id: WorkspaceId, *, anyway: bool = False) -> None:
        """Train until what is trained is what is there. A model that is worse than the earlier one is stored as refused, unless
        `anyway`. Safe to repeat: equal examples are trained once.
        """
        while True:
            async with self._database.scope(workspace_id) as scope:
                rows = IntentRows(scope)
                intents = [one for one in await rows.all() if one.enabled]
                last, answering = await rows.last(), await rows.answering()
            texts = {text_hash(text): text for one in intents for text in _texts(one)}
            version, vectors = await self._vectors(workspace_id, texts)
            fingerprint = _fingerprint(intents) + (version or "").encode()
            if not _is_trainable(intents) or (last is not None and last[1] == fingerprint and not anyway):
                return
            earlier = answering[1].twin if answering and answering[1].model_version == version else None
            try:
                outcome = await train_apart(_order(intents, vectors, earlier))
            except TrainingFailed as error:
                _log.warning("a model of intents could not be trained", error=str(error))
                raise
            await self._put(workspace_id, outcome, intents, Trained(
                outcome="in_use" if anyway or may_replace(outcome.comparison) else "refused", fingerprint=fingerprint,
                model_version=version, figures={}, arrays=None, twin=None,
            ))  # fmt: skip
            anyway = False

    async def _put(self, workspace_id: WorkspaceId, outcome: Outcome, intents: Sequence[Intent], trained: Trained) -> None:
        figures = {
            "intents": len(intents),
            "examples": sum(len(one.examples) for one in intents),
            "with_meaning": trained.model_version is not None,
            "comparison": msgspec.to_builtins(outcome.comparison),
            "seconds": outcome.seconds,
        }
        used = trained.outcome == "in_use"
        arrays, twin = ((one, hashlib.sha256(one).digest()) if used else None for one in (outcome.arrays, outcome.twin))
        async with self._database.scope(workspace_id) as scope:
            version = await IntentRows(scope).keep(replace(trained, figures=figures, arrays=arrays, twin=twin))
        self.forget(workspace_id)
        _log.info("intents learned", version=version, outcome=trained.outcome, seconds=round(outcome.seconds, 1))

    async def _vectors(self, workspace_id: WorkspaceId, texts: dict[bytes, str]) -> tuple[str | None, dict[bytes, Vector]]:
        """The model's version and every text's vector, computed where missing; (None, {}) without a model."""
        version = await self._meaning.version()
        if version is None:
            return None, {}
        async with self._database.scope(workspace_id) as scope:
            found = await IntentRows(scope).vectors(version, texts)
            await IntentRows(scope).keep_only(version, list(texts))
        missing = [key for key in texts if key not in found]
        for start in range(0, len(missing), _BATCH):
            part = missing[start : start + _BATCH]
            rows = await self._meaning.of_texts([texts[key] for key in part])
            if rows is None:
                return None, {}
            fresh = dict(zip(part, rows, strict=True))
            found.update(fresh)
            async with self._database.scope(workspace_id) as scope:
                await IntentRows(scope).store_vectors(version, fresh)
        return version, found


def _told(held: _Held, text: str, vector: Vector | None) -> list[Guess]:
    """What the model says of the intents it knows and the neighbours of the others, as one list."""
    if not held.enabled:
        return []
    guesses: list[Guess] = []
    if held.model is not None:
        reading = held.model.read(text, vector)
        chances = zip(held.model.labels, reading.probabilities, strict=True)
        guesses = [
            Guess(UUID(label), float(chance), reading.in_scope) for label, chance in chances if UUID(label) in held.enabled
        ]
    near = held.neighbours.read(text, vector) if held.neighbours is not None else []
    if near and (not guesses or near[0].in_scope > guesses[0].in_scope):
        guesses = [Guess(one.intent_id, one.probability, one.in_scope) for one in near]
    whole = sum(one.probability for one in guesses) or 1.0
    ordered = sorted(guesses, key=lambda one: (-one.probability, str(one.intent_id)))[:MAX_GUESSES]
    return [Guess(one.intent_id, one.probability / whole, one.in_scope) for one in ordered]


def _texts(intent: Intent) -> list[str]:
    return [*dict.fromkeys(intent.name.values()), *(example.text for example in intent.examples)]


def _is_trainable(intents: Sequence[Intent]) -> bool:
    return sum(len(one.examples) >= LEAST_EXAMPLES for one in intents) >= LEAST_INTENTS


def _fingerprint(intents: Sequence[Intent]) -> bytes:
    said = [(str(one.id), sorted(one.name.items()), [example.text for example in one.examples]) for one in intents]
    return bytes([FORMAT]) + hashlib.sha256(msgspec.json.encode(sorted(said))).digest()


def _order(intents: Sequence[Intent], vectors: dict[bytes, Vector], earlier: tuple[bytes, bytes] | None) -> Order:
    lessons: list[Lesson] = []
    for at, intent in enumerate(intents):
        for text in _texts(intent):
            vector = vectors.get(text_hash(text))
            is_name = text in intent.name.values()
            lessons.append(Lesson(text, at, is_name, b"" if vector is None else vector.astype("<f4").tobytes()))
    return Order(tuple(str(one.id) for one in intents), lessons, earlier)
