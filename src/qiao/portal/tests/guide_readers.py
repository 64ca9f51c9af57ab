"""A guide of a company in the help centre, for tests: drawn, published, opened by a reader."""

from io import BytesIO
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag
from msgspec import structs
from PIL import Image

from qiao.domains.bot.flows.contracts import EndNode, FlowDefinition, Node, SayNode
from qiao.domains.bot.flows.shown import NewFlow
from qiao.domains.bot.flows.tests import guide_samples
from qiao.domains.bot.flows.tests.flow_samples import both
from qiao.domains.bot.flows.written import MediaFile
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.blobs.contracts import StoredFile


def png(colour: str = "teal") -> bytes:
    kept = BytesIO()
    Image.new("RGB", (64, 36), colour).save(kept, "PNG")
    return kept.getvalue()


def drips(picture: StoredFile | None = None, **more: Any) -> FlowDefinition:
    """The guide of the flows' tests as a page has to cope with it: with Markdown, a stored picture, and an end without a word."""
    flow = guide_samples.drips(**{"button": both("茶壶滴水", "My teapot drips"), **more})
    kept = MediaFile(**structs.asdict(picture)) if picture else None
    nodes = [_as_read(node, kept) for node in flow.graph.nodes]
    return structs.replace(flow, graph=structs.replace(flow.graph, nodes=nodes))


def _as_read(node: Node, picture: MediaFile | None) -> Node:
    if isinstance(node, EndNode):
        return structs.replace(node, text=None)
    if node.id != "look" or not isinstance(node, SayNode) or node.media is None:
        return node
    media = structs.replace(node.media, file=picture) if picture else None
    return structs.replace(
        node, media=media, text=both("把壶**放平**。\n看壶嘴。", "Put the pot on a **level** table.\nLook at the spout.")
    )


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
