"""What can go wrong at the reception."""

from qiao.kit.errors import Conflict, Invalid, QiaoError


class NotPublic(Conflict):
    """This message stands in no public thread, or its channel has no private answers."""

    code = "reception.not_public"


class SenderUnusable(Invalid):
    """A message came without a usable address or name; it is parked."""

    code = "reception.sender_unusable"


class TooLong(QiaoError):
    """Storing something ran into the database's time limit; tried again a few times, then parked."""

    code = "reception.too_long"
