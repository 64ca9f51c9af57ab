"""The adapter of website chat."""

from collections.abc import Mapping, Sequence
from typing import Any

from qiao.kit.errors import Refused
from qiao.ports.channel import Inbound, Manifest, OutboundMessage, RawReceipt, SendResult, Sent


class Adapter:
    """Implements qiao.ports.channel.Channel. Nothing comes in by webhook: visitors speak through the visitor API."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    def verify(self, receipt: RawReceipt, settings: Mapping[str, Any]) -> None:
        """No provider delivers here."""
        raise Refused("this channel takes no webhooks")

    def parse(self, receipt: RawReceipt) -> Sequence[Inbound]:
        """Nothing, since `verify` refuses everything."""
        return ()

    async def send(self, message: OutboundMessage) -> SendResult:
        """Done: the committed reply is what the customer's socket reads. Safe to repeat."""
        return Sent(provider_id=message.key)
