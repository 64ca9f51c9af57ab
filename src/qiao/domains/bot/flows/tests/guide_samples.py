"""A guide for tests: a teapot that drips, with a picture, a video elsewhere, a loop and two ends."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.faults import faults_of
from qiao.domains.bot.flows.guide_faults import Shelf, guide_faults_of
from qiao.domains.bot.flows.tests.flow_samples import AROUND, ask, both, end, flow_of, say
from qiao.domains.bot.flows.written import MediaFile

PICTURE = MediaFile(
    id=UUID(int=7), name="spout.png", content_type="image/png", size=9, url="/files/a/7/secret.png", width=640, height=360
)
FILM = msgspec.structs.replace(PICTURE, id=UUID(int=8), name="lid.mp4", content_type="video/mp4", url="/files/a/8/secret.mp4")
PAPER = msgspec.structs.replace(PICTURE, id=UUID(int=9), name="manual.pdf", content_type="application/pdf")
SHELF = Shelf(files={one.id: one for one in (PICTURE, FILM, PAPER)}, taken={("en", "cracked-lid")})
LINK = "https://www.bilibili.com/video/BV1xx411c7mD"
KNOWN_LEADS_ON = {"when": {"op": "filled", "slot": "customer.tier"}, "next": "end"}
GUIDE = {
    "title": both("茶壶滴水", "My teapot drips"),
    "summary": both("找出原因。", "Find the cause."),
    "slug": {"zh": "茶壶滴水", "en": "teapot-drips"},
}


def shown(file: Struct | None = None, link: str | None = None, title: dict[str, str] | None = None) -> dict[str, Any]:
    kept = msgspec.to_builtins(file) if file else None
    return {"file": kept, "link": link, "title": both("壶嘴的侧面", "The spout from the side") if title is None else title}


def choice(value: str, zh: str, en: str, next_: str | None = None) -> dict[str, Any]:
    return {"value": value, "label": both(zh, en), "next": next_}


def drips(**more: Any) -> FlowDefinition:
    """Look at the spout or the lid; what does not help leads back."""
    return flow_of(
        say("look", "把壶放平。", "Put the pot on a level table.", media=shown(PICTURE)),
        ask(
            "where",
            "choice",
            prompt=both("哪里滴水？", "Where does it drip?"),
            choices=[choice("spout", "壶嘴", "At the spout", "pour"), choice("lid", "盖子", "At the lid", "film")],
            next="pour",
        ),
        say("pour", "倒快一点。", "Pour faster.", next="helped"),
        say("film", "看一下视频。", "Watch this.", media=shown(link=LINK), next="helped"),
        ask(
            "helped",
            "choice",
            fresh=True,
            prompt=both("好了吗？", "Is it fixed?"),
            choices=[
                choice("yes", "好了", "Yes"),
                choice("again", "再看一遍", "Look again", "look"),
                choice("no", "没有", "No", "person"),
            ],
            next="end",
        ),
        end("太好了。"),
        {"id": "person", "type": "hand_over", "reason": both("漏水", "Leak"), "text": both("请找同事。", "Talk to us.")},
        **{"guide": GUIDE, **more},
    )


def codes(flow: FlowDefinition, shelf: Shelf = SHELF) -> list[tuple[str, str | None]]:
    return [(one.code, one.node) for one in [*faults_of(flow, AROUND), *guide_faults_of(flow, shelf)]]
