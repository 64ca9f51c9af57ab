"""The adapter of website chat: nothing comes in by webhook, since visitors speak through the visitor API."""

from qiao.channels.shared.adapting import Adapting
from qiao.ports.channel import Account, OutboundMessage, SendResult, Sent, Wire


class Adapter(Adapting):
    """Implements qiao.ports.channel.Channel."""

    async def send(self, message: OutboundMessage, account: Account, wire: Wire) -> SendResult:
        """Done: the committed reply is what the customer's socket reads. Safe to repeat."""
        return Sent(provider_id=message.key)
