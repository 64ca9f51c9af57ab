"""What was measured of finding FAQ entries, and the table people read."""

from __future__ import annotations

from msgspec import Struct

from qiao.app.evaluate.measures import Detection


class Row(Struct, frozen=True):
    """One way of finding, measured."""

    name: str
    at_1: float
    at_5: float
    mrr: float


class Unknown(Struct, frozen=True):
    """Knowing what is not known. Reported as out of scope is what was neither answered nor offered."""

    auroc: float
    bm25_auroc: float
    reported: Detection
    questions: int


class Zones(Struct, frozen=True):
    """The bot's decisions: shares of all questions, of answers the share that was right, how far said chances are off."""

    answered: float
    offered: float
    handed_over: float
    right_of_answered: float
    wrong_of_all: float
    right_among_offered: float
    calibration_error: float


class Report(Struct, frozen=True, kw_only=True):
    """What was measured; `str` is the table people read. Milliseconds are of one question on one thread."""

    entries: int
    texts: int
    questions: int
    rows: list[Row]
    zones: Zones
    unknown: Unknown | None
    embed_ms: tuple[float, float]
    find_ms: tuple[float, float]
    learned_from: int
    learn_seconds: float

    def __str__(self) -> str:
        yardstick = self.rows[0]
        lines = [
            f"{self.entries:,} entries, {self.texts:,} texts, {self.questions:,} questions",
            "",
            f"{'':<22} {'R@1':>6} {'R@5':>6} {'MRR':>6}   against BM25: R@1, R@5",
        ]
        for row in self.rows:
            against = f"{_relative(row.at_1, yardstick.at_1)}  {_relative(row.at_5, yardstick.at_5)}"
            lines.append(f"{row.name:<22} {row.at_1:6.3f} {row.at_5:6.3f} {row.mrr:6.3f}   {against}")
        lines += ["", *_zones_told(self.zones), *([] if self.unknown is None else [_unknown_told(self.unknown)]), ""]
        lines.append(f"embedding p50 {self.embed_ms[0]:.1f} ms, p99 {self.embed_ms[1]:.1f} ms")
        lines.append(f"finding   p50 {self.find_ms[0]:.1f} ms, p99 {self.find_ms[1]:.1f} ms")
        lines.append(f"learned from {self.learned_from} rehearsed questions in {self.learn_seconds:.1f} s")
        return "\n".join(lines)


def _zones_told(zones: Zones) -> list[str]:
    return [
        f"answered    {zones.answered:.3f}  of these right {zones.right_of_answered:.3f}",
        f"offered     {zones.offered:.3f}  with the right one {zones.right_among_offered:.3f}",
        f"handed over {zones.handed_over:.3f}",
        f"wrong answers of all questions {zones.wrong_of_all:.3f}, calibration error {zones.calibration_error:.3f}",
    ]


def _unknown_told(unknown: Unknown) -> str:
    held = unknown.reported
    return (
        f"out of scope ({unknown.questions}): AUROC {unknown.auroc:.3f} (BM25 {unknown.bm25_auroc:.3f}), "
        f"precision {held.precision:.3f}, recall {held.recall:.3f}, F1 {held.f1:.3f}"
    )


def _relative(value: float, yardstick: float) -> str:
    return f"{(value / yardstick - 1) * 100:+6.1f} %" if yardstick > 0 else f"{'':>8}"
