"""The shop's guides: flows with pictures that stand in the help centre and in the chat."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from demo.pictures import draw
from demo.seeding.house import House
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import NewFlow
from qiao.platform.blobs.contracts import StoredFile
from qiao.platform.db.database import Scope

_FOLDER = Path(__file__).parents[1] / "content" / "guides"


def guide_pictures() -> set[str]:
    """The names of the pictures that guides show."""
    return {picture for path in _FOLDER.glob("*.json") for picture in _named(_read(path))}


async def fill_guides(house: House, scope: Scope, by: UUID) -> int:
    """Every guide, published. How many there are."""
    paths = sorted(_FOLDER.glob("*.json"))
    for path in paths:
        raw = _read(path)
        pictures = {name: await _hang(house, scope, name, by) for name in sorted(_named(raw))}
        for node in raw["graph"]["nodes"]:
            if "media" in node:
                node["media"]["file"] = msgspec.to_builtins(pictures[node["media"]["file"]])
        made = await house.bot.flows.create(scope, NewFlow(definition=msgspec.convert(raw, FlowDefinition)))
        await house.bot.flows.publish(scope, made.flow.id, by)
    return len(paths)


def _read(path: Path) -> Any:
    return msgspec.json.decode(path.read_bytes())


def _named(raw: Any) -> set[str]:
    return {node["media"]["file"] for node in raw["graph"]["nodes"] if "media" in node}


async def _hang(house: House, scope: Scope, name: str, by: UUID) -> StoredFile:
    picture = await asyncio.to_thread(draw, name)
    return await house.files.store(scope, f"{name}.png", picture, owner=by)
