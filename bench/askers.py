"""Many people asking the bot at once: new questions, the sentence model included, and questions that were asked before."""

from bench.askers_run import Asked
from bench.processes import measured
from bench.report import Figure
from bench.setting import Setting


def askers(setting: Setting) -> list[Figure]:
    """10,000 entries; one process, as many cores as the machine has."""
    entries, crowd = setting.pick((2_000, 200), (10_000, 1_000))
    asked = measured(Asked, "bench.askers_run", str(entries), str(crowd))
    new = f"{entries:,} entries"
    return [
        Figure(name=f"{new}: one new question, p50", value=asked.alone.p50, unit="ms", aim=("<=", 15)),
        Figure(name=f"{new}: one new question, p99", value=asked.alone.p99, unit="ms", aim=("<=", 45)),
        Figure(
            name=f"{crowd:,} at once: new questions",
            value=asked.new_rate,
            unit="/s",
            aim=(">=", 150),
            note=f"{asked.by_words} of them by words alone, the model's time box was over",
        ),
        Figure(name=f"{crowd:,} at once: longest wait", value=asked.longest, unit="s", aim=("<=", 10)),
        Figure(
            name=f"{crowd:,} at once: unfairness, 99 % of waits against 50 %",
            value=asked.waits.p99 / max(asked.waits.p50, 1e-9),
            unit="",
            note=f"p50 {asked.waits.p50:,.0f} ms, p99 {asked.waits.p99:,.0f} ms",
        ),
        Figure(name="asked before", value=asked.known_rate, unit="/s", aim=(">=", 1_500)),
    ]
