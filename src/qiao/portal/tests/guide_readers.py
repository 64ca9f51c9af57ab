"""A guide of a company in the help centre, for tests: drawn, published, opened by a reader."""

from io import BytesIO
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag
from PIL import Image

from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import NewFlow
from qiao.domains.bot.flows.tests.flow_samples import ask, both, end, flow_of, say
from qiao.domains.bot.flows.tests.guide_samples import GUIDE, LINK, choice, shown
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.blobs.contracts import StoredFile


def png(colour: str = "teal") -> bytes:
    kept = BytesIO()
    Image.new("RGB", (64, 36), colour).save(kept, "PNG")
    return kept.getvalue()


def drips(picture: StoredFile | None = None, **more: Any) -> FlowDefinition:
    """A guide with a picture, a video elsewhere, a loop and two ends."""
    return flow_of(
        say("look", "把壶**放平**。\n看壶嘴。", "Put the pot on a **level** table.\nLook at the spout.", **_media(picture)),
        ask(
            "where",
            "choice",
            prompt=both("哪里滴水？", "Where does it drip?"),
            choices=[choice("spout", "壶嘴 <上>", "At the spout & lip", "pour"), choice("lid", "盖子", "At the lid", "film")],
            next="pour",
        ),
        say("pour", "倒快一点。", "Pour faster.", next="helped"),
        say("film", "看视频。", "Watch this.", media=shown(link=LINK), next="helped"),
        ask(
            "helped",
            "choice",
            prompt=both("好了吗？", "Is it fixed?"),
            choices=[
                choice("yes", "好了", "Yes", "end"),
                choice("again", "再看", "Look again", "look"),
                choice("no", "没有", "No", "person"),
            ],
            next="end",
        ),
        end(),
        {"id": "person", "type": "hand_over", "reason": both("漏水", "Leak"), "text": both("请找同事。", "Talk to us.")},
        **{"guide": GUIDE, "button": both("茶壶滴水", "My teapot drips"), **more},
    )


def _media(picture: StoredFile | None) -> dict[str, Any]:
    return {"media": shown(picture)} if picture else {}


async def published(house: Any, workspace: Workspace, definition: FlowDefinition) -> Any:
    async with house.database.scope(workspace.id) as scope:
        made = await house.bot.flows.create(scope, NewFlow(definition=definition))
        return (await house.bot.flows.publish(scope, made.flow.id, None)).flow.id


async def stored(house: Any, workspace: Workspace) -> StoredFile:
    async with house.database.scope(workspace.id) as scope:
        return await house.files.store(scope, "spout.png", png(), owner=None)


def page(answer: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


async def opened(reader: httpx.AsyncClient, address: str) -> Tag:
    answer = await reader.get(address)
    assert answer.status_code == 200, answer.text
    return page(answer).main


def links(found: Tag, within: str) -> dict[str, str]:
    return {one.get_text(strip=True): one["href"] for one in found.select(f"{within} a")}
