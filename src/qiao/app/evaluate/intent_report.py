"""What an evaluation of intents found, as figures and as the table people read."""

from msgspec import Struct

from qiao.app.evaluate.measures import Detection


class Way(Struct, frozen=True):
    """One way of telling intents apart, measured on the messages that have one."""

    name: str
    at_1: float
    at_5: float
    mrr: float


class Scope(Struct, frozen=True):
    """Noticing what is out of scope: reported is what scores below `threshold`. `accuracy_in_scope` counts a message as right when
    it is not reported and its intent is right; `at_share` is F1 with that share of messages out of scope, whatever the file's.
    """

    messages: int
    auroc: float
    threshold: float
    threshold_from: str
    reported: Detection
    share: float
    f1_at_share: float
    accuracy_in_scope: float


class IntentReport(Struct, frozen=True, kw_only=True):
    """What was measured; `str` is the table people read. Milliseconds are of one message on one thread, embedding apart."""

    intents: int
    examples: int
    messages: int
    ways: list[Way]
    calibration_error: float
    scope: Scope | None
    model_ms: tuple[float, float]
    embed_ms: tuple[float, float]
    train_seconds: float
    model_megabytes: float

    def __str__(self) -> str:
        lines = [
            f"{self.intents:,} intents, {self.examples:,} examples, {self.messages:,} messages", "",
            f"{'':<34} {'acc@1':>6} {'acc@5':>6} {'MRR':>6}",
            *(f"{way.name:<34} {way.at_1:6.4f} {way.at_5:6.4f} {way.mrr:6.4f}" for way in self.ways),
            "", f"calibration error {self.calibration_error:.4f}",
        ]  # fmt: skip
        if self.scope is not None:
            one, held = self.scope, self.scope.reported
            figures = f"precision {held.precision:.4f}, recall {held.recall:.4f}, F1 {held.f1:.4f}"
            lines += [
                f"out of scope ({one.messages:,}): AUROC {one.auroc:.4f}, {figures}",
                f"F1 if {one.share:.0%} were out of scope {one.f1_at_share:.4f}",
                f"threshold {one.threshold:.4f} from {one.threshold_from}; in scope right at it {one.accuracy_in_scope:.4f}",
            ]
        lines += [
            "", f"one message p50 {self.model_ms[0]:.2f} ms, p99 {self.model_ms[1]:.2f} ms, embedding apart",
            f"embedding   p50 {self.embed_ms[0]:.1f} ms, p99 {self.embed_ms[1]:.1f} ms",
            f"trained in {self.train_seconds:.1f} s, {self.model_megabytes:.1f} MB",
        ]  # fmt: skip
        return "\n".join(lines)
