"""The guide's table of channels says what the manifests say, in both languages."""

import pytest

from qiao.app.channels_page import render
from qiao.ports.channel import Capability, Manifest, MediaLimit, ReplyWindow


def pigeon(**changes: object) -> Manifest:
    given: dict[str, object] = {
        "name": "pigeon",
        "tier": "silver",
        "title": {"zh": "信鸽", "en": "Pigeon post"},
        "capabilities": frozenset({Capability.TEXT}),
        "max_text": 140,
    }
    return Manifest(**{**given, **changes})  # type: ignore[arg-type]


def row(lang: str, manifest: Manifest) -> list[str]:
    line = next(line for line in render(lang, [manifest]).splitlines() if "pigeon/README.md" in line)
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_channel_of_text_alone_is_told_as_that() -> None:
    assert row("zh", pigeon())[1:] == ["主要功能", "文字", "随时", "—", "140 字"]
    assert row("en", pigeon())[1:] == ["Main features", "Text", "any time", "—", "140 characters"]


def test_windows_that_differ_only_in_what_opens_them_are_told_together() -> None:
    windows = (
        ReplyWindow(seconds=172_800, count=5),
        ReplyWindow(opened_by="menu", seconds=60, count=3),
        ReplyWindow(opened_by="scan", seconds=60, count=3),
        ReplyWindow(opened_by="coo"),
    )
    manifest = pigeon(windows=windows, after_window=("template", "tagged"))
    assert row("zh", manifest)[3:5] == [
        "客户来消息后 48 小时、最多 5 条；点菜单或扫码后 1 分钟、最多 3 条；coo后",
        "模板、人工回复",
    ]
    assert row("en", manifest)[3] == (
        "48 h, 5 at most after the customer’s message; 1 min, 3 at most after they use a menu or they scan a code; after coo"
    )


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(90, "90 s"), (120, "2 min"), (86_400, "24 h"), (172_800, "48 h"), (604_800, "7 days"), (5_400, "90 min")],
)
def test_durations_are_said_as_providers_say_them(seconds: int, told: str) -> None:
    assert row("en", pigeon(windows=(ReplyWindow(seconds=seconds),)))[3].startswith(f"{told} after")


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (10_485_760, "10 MB"),
        (20_000_000, "20 MB"),
        (512_000, "500 KB"),
        (2_147_483_648, "2 GB"),
        (900, "900 B"),
        (5_242_880, "5 MB"),
    ],
)
def test_sizes_are_round_where_the_provider_s_are(count: int, told: str) -> None:
    limit = MediaLimit(kind="image", types=("image/png",), max_bytes=count)
    page = render("en", [pigeon(media=(limit,))])
    assert f"| Pigeon post | Pictures | image/png | {told} |" in page


def test_the_best_kept_come_first() -> None:
    page = render("zh", [pigeon(), pigeon(name="owl", tier="gold", title={"zh": "猫头鹰", "en": "Owl"})])
    assert page.index("猫头鹰") < page.index("信鸽")
