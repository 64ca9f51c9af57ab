"""The bot: finding the answer among many, and reading the question's meaning. Each size in a process of its own."""

from bench.bot_run import Found
from bench.processes import measured
from bench.report import Figure
from bench.setting import Setting


def bot(setting: Setting) -> list[Figure]:
    """100, 10,000 and 100,000 entries; the sentence model's own time stands apart."""
    figures: list[Figure] = []
    for entries in setting.pick((100, 2_000), (100, 10_000, 100_000)):
        figures += _figures(measured(Found, "bench.bot_run", str(entries), str(setting.pick(60, 200))))
    return figures


def _figures(found: Found) -> list[Figure]:
    title = f"{found.entries:,} entries"
    embed = f"{found.embed.p50:.1f}, p99 {found.embed.p99:.1f} ms" if found.embed else "no model"
    return [
        Figure(
            name=f"{title}: everything but the sentence model, p50",
            value=found.search.p50,
            unit="ms",
            aim=("<=", 5) if found.entries == 10_000 else None,
            note=f"built in {found.build_seconds:.1f} s, arrays {found.index_mb:.0f} MB",
        ),
        Figure(name=f"{title}: everything but the sentence model, p99", value=found.search.p99, unit="ms"),
        Figure(
            name=f"{title}: questions a CPU second, the sentence model included",
            value=1e3 / max(found.mean_ms, 0.001),
            unit="",
            note=f"the model {embed}",
        ),
    ]
