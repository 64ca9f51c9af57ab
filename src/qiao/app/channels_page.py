"""The guide's table of channels, made from their manifests: what each carries, how long one may reply, how much fits."""

from collections.abc import Sequence

from qiao.app.channels_page_words import AFTER, EVENTS, SHOWN, TIER_WORDS, WORDS
from qiao.channels.registry import load_channels
from qiao.ports.channel import TIERS, Capability, Manifest, MediaLimit, ReplyWindow


def render(lang: str, channels: Sequence[Manifest] | None = None) -> str:
    """The page in "zh" or "en", of every channel that companies are offered unless others are given."""
    words = WORDS[lang]
    manifests = _in_order(channels if channels is not None else _offered())
    parts = [
        f"# {words['title']}",
        words["other"],
        words["made"],
        *(words[key] for key in ("lead", "add", "try", "health", "lacks")),
        f"## {words['table']}",
        "\n".join([words["head"], "|---|---|---|---|---|---|", *(_row(one, lang) for one in manifests)]),
        words["windows"],
        f"## {words['media']}",
        "\n".join([words["media_head"], "|---|---|---|---|", *(line for one in manifests for line in _media(one, lang))]),
    ]
    return "\n\n".join(parts) + "\n"


def _offered() -> list[Manifest]:
    return [channel.manifest for channel in load_channels().values() if not channel.manifest.example]


def _in_order(manifests: Sequence[Manifest]) -> list[Manifest]:
    return sorted(manifests, key=lambda one: (-TIERS.index(one.tier), Capability.LIVE not in one.capabilities, one.name))


def _row(manifest: Manifest, lang: str) -> str:
    words = WORDS[lang]
    title = f"[{manifest.title[lang]}](../../src/qiao/channels/{manifest.name}/README.md)"
    carried = [label[lang] for capability, label in SHOWN if capability in manifest.capabilities]
    cells = (
        title,
        TIER_WORDS[manifest.tier][lang],
        words["joint"].join(carried) or words["text_only"],
        _windows(manifest.windows, lang) or words["always"],
        words["joint"].join(AFTER[one][lang] for one in manifest.after_window) or words["none"],
        words["joint"].join(_limits(manifest, lang)),
    )
    return f"| {' | '.join(cells)} |"


def _windows(windows: Sequence[ReplyWindow], lang: str) -> str:
    """Windows that are alike but for what opens them are told together."""
    alike: dict[tuple[int | None, int | None], list[str]] = {}
    for one in windows:
        alike.setdefault((one.seconds, one.count), []).append(one.opened_by)
    return WORDS[lang]["or"].join(_window(kinds, seconds, count, lang) for (seconds, count), kinds in alike.items())


def _window(kinds: Sequence[str], seconds: int | None, count: int | None, lang: str) -> str:
    words = WORDS[lang]
    named = words["kinds"].join(EVENTS[one][lang] if one in EVENTS else one for one in kinds if one != "message")
    acted = [words["event"].format(kind=named)] if named else []
    when = words["kinds"].join([*([words["message"]] if "message" in kinds else []), *acted])
    long = _duration(seconds, lang) if seconds is not None else ""
    often = words["times"].format(n=count) if count is not None else ""
    told = words["joint"].join(one for one in (long, often) if one)
    return f"{when} {told}".strip() if lang == "zh" else f"{told} {when}".strip()


def _duration(seconds: int, lang: str) -> str:
    units = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
    # Two days are said in hours, as providers say them.
    unit, size = next((unit, size) for unit, size in units if seconds % size == 0 and (unit != "days" or seconds > 2 * size))
    return WORDS[lang][unit].format(n=seconds // size)


def _limits(manifest: Manifest, lang: str) -> list[str]:
    words = WORDS[lang]
    told = [words["limit"].format(text=manifest.max_text)]
    if manifest.max_files > 1:
        told.append(words["files"].format(count=manifest.max_files))
    if manifest.max_options:
        told.append(words["options"].format(count=manifest.max_options))
    return told


def _media(manifest: Manifest, lang: str) -> list[str]:
    return [_media_row(manifest, limit, lang) for limit in manifest.media]


def _media_row(manifest: Manifest, limit: MediaLimit, lang: str) -> str:
    words = WORDS[lang]
    kind = dict(SHOWN)[limit.kind][lang]
    types = words["joint"].join(limit.types) or words["any"]
    return f"| {manifest.title[lang]} | {kind} | {types} | {_size(limit.max_bytes)} |"


def _size(count: int) -> str:
    """As the provider says it: in thousands where that is a round number, else in 1024s."""
    step = 1_000 if count % 1_000_000 == 0 else 1_024
    units = (("GB", step**3), ("MB", step**2), ("KB", step))
    name, size = next(((name, size) for name, size in units if count >= size), ("B", 1))
    return f"{count / size:.4g} {name}"
