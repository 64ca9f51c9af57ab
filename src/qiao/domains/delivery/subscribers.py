"""What delivery does about facts: every reply goes out."""

from qiao.domains.conversations.events import ReplyPosted
from qiao.domains.delivery.api import Delivery
from qiao.platform.log.subscribers import Subscriber


def subscribers(delivery: Delivery) -> list[Subscriber]:
    """Named readers of the log; wired by app."""
    return [Subscriber("delivery", {ReplyPosted.wire_name: delivery.queue}, pace=0.1, together=delivery.to_be_sent)]
