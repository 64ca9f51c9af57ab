"""What notifications do about facts."""

from qiao.domains.bot.events import PromiseChanged
from qiao.domains.conversations.events import Assigned, HandedOver, MessageReceived, NotePosted
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.inboxes.events import InboxBroken
from qiao.domains.knowledge.events import ImportProgressed
from qiao.domains.notifications.api import Notifications
from qiao.platform.log.subscribers import SHORTLY, Subscriber


def subscribers(notifications: Notifications) -> list[Subscriber]:
    """Named readers of the log; wired by app."""
    return [
        Subscriber(
            "notifications",
            {
                Assigned.wire_name: notifications.on_assigned,
                HandedOver.wire_name: notifications.on_handed_over,
                MessageReceived.wire_name: notifications.on_customer_message,
                NotePosted.wire_name: notifications.on_note,
                ImportProgressed.wire_name: notifications.on_import,
                PromiseChanged.wire_name: notifications.on_promise,
                InboxBroken.wire_name: notifications.on_channel_broken,
                DeliveryChanged.wire_name: notifications.on_delivery,
            },
            pace=SHORTLY,
            together=notifications.worth_a_look,
        )
    ]
