"""What can go wrong with a ticket."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class TicketNotFound(NotFound):
    """No such ticket in this workspace."""

    code = "tickets.not_found"


class TicketChangedMeanwhile(Conflict):
    """Somebody changed it after it was looked at; `details["version"]` is the present one. Look again and decide."""

    code = "tickets.changed_meanwhile"


class TicketClosed(Conflict):
    """Closed is final: nothing about it changes any more."""

    code = "tickets.closed"


class TicketInvalid(Invalid):
    """A subject, type or field that cannot be; `details["field"]` says which."""

    code = "tickets.invalid"
