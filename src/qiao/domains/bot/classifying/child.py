"""Training in a process of its own, so that neither its memory nor its time is the server's: `python -m ...classifying.child`.

Reads one `Order` from standard input, writes one `Outcome` to standard output, both as MessagePack.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from qiao.domains.bot.classifying.contracts import Comparison
from qiao.kit.arrays import np

if TYPE_CHECKING:
    from qiao.domains.bot.classifying.model import IntentModel

SECONDS = 900.0
_LOWEST = 10


class Lesson(Struct, frozen=True, array_like=True):
    """A sample: text, index of its label, whether it is what the intent is called, its unit row as float32 (b'' without)."""

    text: str
    intent: int
    is_name: bool
    vector: bytes


class Order(Struct, frozen=True, array_like=True):
    """What to train, and the earlier model's twin with its hash to compare with."""

    labels: tuple[str, ...]
    lessons: list[Lesson]
    earlier: tuple[bytes, bytes] | None


class Outcome(Struct, frozen=True, array_like=True):
    """The model, its twin that has not seen the held-back examples, and how that compares."""

    arrays: bytes
    twin: bytes
    comparison: Comparison
    seconds: float


class TrainingFailed(RuntimeError):
    """The process of the training ended without a model; the message holds the last lines it wrote."""


async def train_apart(order: Order) -> Outcome:
    """Have `order` trained by a process of its own, at a low priority. Raises TrainingFailed; cancelling ends the process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "qiao.domains.bot.classifying.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        written, told = await asyncio.wait_for(process.communicate(msgspec.msgpack.encode(order)), SECONDS)
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise
    if process.returncode:
        raise TrainingFailed(told.decode(errors="replace")[-500:])
    return msgspec.msgpack.decode(written, type=Outcome)


def train_order(order: Order) -> Outcome:
    """Train the model and its twin, compare. CPU-bound."""
    # scikit-learn takes seconds to import and a hundred megabytes: only ever in this process.
    from qiao.domains.bot.classifying.gate import compare, is_held_back  # noqa: PLC0415
    from qiao.domains.bot.classifying.training import Sample, TrainingSet, train  # noqa: PLC0415

    started = time.perf_counter()
    meant = all(lesson.vector for lesson in order.lessons)
    rows = [np.frombuffer(lesson.vector, dtype=np.float32) for lesson in order.lessons] if meant else []
    vectors = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
    samples = tuple(Sample(lesson.text, lesson.intent, lesson.is_name) for lesson in order.lessons)
    data = TrainingSet(order.labels, samples, vectors)
    kept = [at for at, one in enumerate(samples) if one.is_name or not is_held_back(one.text)]
    held = sorted(set(range(len(samples))) - set(kept))
    model, twin = train(data), train(data.only(kept))
    earlier = _earlier(order.earlier)
    asked = [(order.labels[samples[at].intent or 0], samples[at].text, vectors[at] if meant else None) for at in held]
    return Outcome(model.to_bytes(), twin.to_bytes(), compare(twin, earlier, asked), time.perf_counter() - started)


def _earlier(stored: tuple[bytes, bytes] | None) -> IntentModel | None:
    """The twin to compare with; none where it was written in a format that is read no more."""
    from qiao.domains.bot.classifying.model import IntentModel  # noqa: PLC0415

    try:
        return IntentModel.from_bytes(*stored) if stored else None
    except (ValueError, msgspec.MsgspecError):
        return None


def main() -> None:
    """The process."""
    os.nice(_LOWEST)
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.msgpack.encode(train_order(order)))


if __name__ == "__main__":
    main()
