"""The adapter of Messenger: what pages have in common, with uploads, and the errors of the Send API."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from qiao.channels.messenger import comments
from qiao.channels.shared import graph_api, page_events
from qiao.channels.shared.graph_api import Meanings
from qiao.channels.shared.page_adapting import ATTACHMENTS, PageAdapter
from qiao.ports.channel import Account, Inbound, Localised, OutboundFile, OutboundMessage, Rejected, Retry, Wire, WireRequest


class Adapter(PageAdapter):
    """Implements qiao.ports.channel.Channel."""

    meanings: ClassVar[Meanings] = Meanings(
        codes={
            551: Rejected("blocked"),
            1200: Retry(60.0, "the provider is not there"),
            10900: Rejected("already_answered"),
            10903: Rejected("window_closed"),
        },
        subcodes={
            2018278: Rejected("window_closed"),
            2018065: Rejected("window_closed"),
            1545041: Rejected("blocked"),
            2018108: Rejected("blocked"),
            2018001: Rejected("unknown_address"),
            2018109: Rejected("too_large"),
        },
    )
    fields: ClassVar[str] = (
        "messages,messaging_postbacks,message_deliveries,message_reads,message_echoes,message_reactions,message_edits,feed"
    )
    replies: ClassVar[str] = "comments"
    todo: ClassVar[Localised] = {
        "zh": "请在 Meta 应用后台的“Messenger → 设置”里填上回调地址和验证口令，"
        "并订阅 messages、messaging_postbacks、message_echoes 和 feed 等字段。",
        "en": "In the Meta app dashboard, under Messenger → Settings, enter the webhook address and the verify token, "
        "and subscribe to messages, messaging_postbacks, message_echoes, feed and their like.",
    }

    def comments(self, change: page_events.Change, account: Account) -> Sequence[Inbound]:
        """Comments of the field `feed`."""
        return comments.contracts(change, str(account.settings.get("page_id") or ""))

    def hiding(self, *, hide: bool) -> Mapping[str, str]:
        """Hidden comments are seen by their author and the author's friends."""
        return {"is_hidden": "true" if hide else "false"}

    async def attached(self, message: OutboundMessage, file: OutboundFile, account: Account, wire: Wire) -> WireRequest:
        """Uploaded with the message."""
        attachment = {"type": ATTACHMENTS[file.kind], "payload": {}}
        content = {"attachment": attachment, "metadata": page_events.MARK + message.key}
        fields = {**self.envelope(message), "message": content}
        form = {key: value if isinstance(value, str) else msgspec.json.encode(value).decode() for key, value in fields.items()}
        return graph_api.request(
            account,
            "POST",
            f"{account.settings.get('page_id')}/messages",
            form=form,
            parts={"filedata": (file.name, await wire.read_file(file), file.content_type)},
            seconds=graph_api.UPLOAD_SECONDS,
        )
