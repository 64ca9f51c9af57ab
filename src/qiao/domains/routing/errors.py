"""What can go wrong in routing."""

from qiao.kit.errors import Conflict


class LimitReached(Conflict):
    """The person has as many open conversations as they may; `details["limit"]`."""

    code = "routing.limit_reached"
