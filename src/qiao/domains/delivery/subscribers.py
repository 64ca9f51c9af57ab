"""What delivery does about facts: every reply goes out, reports are noted, a mended inbox goes on."""

from qiao.domains.conversations.events import ReplyPosted
from qiao.domains.delivery.api import Delivery
from qiao.domains.inboxes.events import InboxBroken, InboxMended
from qiao.domains.reception.events import ReplyReported
from qiao.platform.log.subscribers import SHORTLY, Subscriber


def subscribers(delivery: Delivery) -> list[Subscriber]:
    """Named readers of the log; wired by app."""
    handlers = {
        ReplyPosted.wire_name: delivery.queue,
        ReplyReported.wire_name: delivery.on_reported,
        InboxBroken.wire_name: delivery.on_broken,
        InboxMended.wire_name: delivery.on_mended,
    }
    return [Subscriber("delivery", handlers, pace=SHORTLY, together=delivery.to_be_sent)]
