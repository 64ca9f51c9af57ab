"""Channels without a platform: their customers are on pages of ours, so that is what stands in for a phone."""

from msgspec import Struct

from qiao.app.house import House
from qiao.domains.inboxes.contracts import Inbox, NewInbox
from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Scope
from qiao.ports.channel import Capability, Channel, Manifest
from qiao.ports.channel_form import ShowsForm


class OwnPage(Struct, frozen=True):
    """A channel, and where its customers' page is."""

    manifest: Manifest
    path: str


async def own_pages(house: House, workspace_id: WorkspaceId) -> dict[str, tuple[OwnPage, Inbox]]:
    """Every such channel with the page of its inbox in a workspace."""
    found: dict[str, tuple[OwnPage, Inbox]] = {}
    for name, start in ((name, _start(channel)) for name, channel in house.channels.items()):
        if start:
            async with house.database.scope(workspace_id) as scope:
                inbox = await held_inbox(house, scope, name)
            found[name] = OwnPage(house.channels[name].manifest, f"/{start}/{inbox.key}"), inbox
    return found


async def held_inbox(house: House, scope: Scope, name: str) -> Inbox:
    """The demo company's inbox on a channel, made if need be."""
    held = next((one for one in await house.inboxes.all(scope) if one.channel == name), None)
    return held or await house.inboxes.create(scope, NewInbox(channel=name, name="兰亭茶器"))


def _start(channel: Channel) -> str:
    """Below which path a channel's pages are; nothing when it has none."""
    if Capability.LIVE in channel.manifest.capabilities:
        return "chat"
    return "form" if isinstance(channel, ShowsForm) else ""
