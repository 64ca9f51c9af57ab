"""The adapter of Instagram: what pages have in common, with files by their public address, and the errors of its messaging."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from qiao.channels.instagram import comments
from qiao.channels.shared import page_events
from qiao.channels.shared.graph_api import Meanings
from qiao.channels.shared.page_adapting import PageAdapter
from qiao.ports.channel import Account, Inbound, Localised, OutboundMessage, Rejected


class Adapter(PageAdapter):
    """Implements qiao.ports.channel.Channel."""

    meanings: ClassVar[Meanings] = Meanings(
        codes={551: Rejected("blocked"), 10900: Rejected("already_answered"), 10903: Rejected("window_closed")},
        subcodes={
            2534022: Rejected("window_closed"),
            2018278: Rejected("window_closed"),
            2534014: Rejected("unknown_address"),
            2018001: Rejected("unknown_address"),
            1545041: Rejected("blocked"),
            2534001: Rejected("blocked"),
        },
    )
    fields: ClassVar[str] = "messages,message_edit,messaging_postbacks,messaging_seen,message_reactions,comments,live_comments"
    replies: ClassVar[str] = "replies"
    todo: ClassVar[Localised] = {
        "zh": "请在 Meta 应用后台的“Instagram → API 设置”里填上回调地址和验证口令，"
        "并在 Instagram 的“消息和快拍回复 → 消息控制”里允许连接的工具读取消息。",
        "en": "In the Meta app dashboard, under Instagram → API setup, enter the webhook address and the verify token; "
        "and in Instagram allow connected tools to read messages.",
    }

    def comments(self, change: page_events.Change, account: Account) -> Sequence[Inbound]:
        """Comments of posts, reels and live videos."""
        return comments.contracts(change, str(account.settings.get("page_id") or ""))

    def hiding(self, *, hide: bool) -> Mapping[str, str]:
        """Hidden comments are seen by nobody but their author."""
        return {"hide": "true" if hide else "false"}

    def envelope(self, message: OutboundMessage) -> dict[str, Any]:
        """Without a type: it is only named when a tag goes along."""
        whole = super().envelope(message)
        return whole if message.tagged else {key: value for key, value in whole.items() if key != "messaging_type"}
