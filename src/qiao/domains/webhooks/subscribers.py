"""What webhooks do about facts: whatever is in the public catalogue goes into the queues of those who asked for it."""

from qiao.domains.webhooks.api import Webhooks
from qiao.domains.webhooks.catalogue import BY_FACT
from qiao.domains.webhooks.queueing import SUBSCRIBER
from qiao.platform.log.subscribers import LATER, Subscriber


def subscribers(webhooks: Webhooks) -> list[Subscriber]:
    """Named readers of the log; wired by app."""
    queueing = webhooks.queueing
    return [Subscriber(SUBSCRIBER, dict.fromkeys(BY_FACT, queueing.one), pace=LATER, together=queueing.together)]
