"""Where the replies of a conversation go."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from qiao.kit.ids import InboxId


class Route(Struct, frozen=True, kw_only=True):
    """How a conversation's customer is reached. `opened` holds when what last lets us write happened, by kind ("message" is theirs).

    `refs` are the provider's names of the conversation's messages, newest last, at most 20.
    """

    inbox_id: InboxId
    channel: str
    address: str
    name: str | None
    thread_key: str | None
    reply_to: Mapping[str, str]
    opened: Mapping[str, datetime]
    left: str | None
    """Why the customer is not to be written to; None: they may be."""
    refs: list[str]
    subject: str | None = None
    private_reply_to: str | None = None
    """The public comment that the first private message answers, until it has been sent."""
