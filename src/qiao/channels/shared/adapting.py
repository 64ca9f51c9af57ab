"""What an adapter answers for the parts of the port that its channel does not have. Channels inherit it and write what they do have."""

from collections.abc import Mapping, Sequence

from qiao.kit.errors import Refused
from qiao.ports.channel import (
    Account,
    Ack,
    Connected,
    Counted,
    Deliver,
    FetchedMedia,
    Inbound,
    Manifest,
    Media,
    MediaResult,
    NeedsReauth,
    OutboundMessage,
    Pulled,
    RawReceipt,
    Rejected,
    Retry,
    Sender,
    SendResult,
    Wire,
)


class Adapting:
    """Stateless: everything of an inbox comes with its Account."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        """Nothing is delivered here."""
        raise Refused("this channel takes no webhooks")

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        """Nothing, since `verify` refuses everything."""
        return ()

    def counted(self, text: str, account: Account) -> Counted | None:
        """One message is one message."""
        return None

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Nothing goes out here."""
        return Rejected("not_allowed")

    async def connect(self, account: Account, wire: Wire) -> Connected | Retry | Rejected | NeedsReauth:
        """There is nothing to try."""
        return Connected(title=account.inbox_name)

    async def disconnect(self, account: Account, wire: Wire) -> None:
        """There is nothing to undo."""

    async def fetch_media(self, media: Media, account: Account, wire: Wire) -> MediaResult:
        """What came with the message itself."""
        if media.data is None:
            return Rejected("not_allowed")
        return FetchedMedia(data=media.data, name=media.name, content_type=media.content_type)

    async def introduce(self, sender: Sender, hint: Mapping[str, str], account: Account, wire: Wire) -> Sender | Retry | None:
        """The provider says no more than what came with the message."""

    async def pull(self, cursor: str | None, hint: Mapping[str, str], account: Account, wire: Wire) -> Pulled:
        """Nothing lies ready anywhere."""
        return Pulled(cursor=cursor)

    async def listen(self, account: Account, wire: Wire, deliver: Deliver) -> None:
        """There is nothing to hold."""

    async def typing(self, message: OutboundMessage, account: Account, wire: Wire) -> None:
        """The provider has no such thing."""

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Wire) -> SendResult:
        """The provider has no such thing."""
        return Rejected("not_allowed")
