"""What can go wrong when somebody acts on a reply."""

from qiao.kit.errors import Conflict, Invalid, NotFound, Unavailable


class DeliveryNotFound(NotFound):
    """No reply with this number went through a provider."""

    code = "delivery.not_found"


class NotStuck(Conflict):
    """The reply is on its way, or has arrived: there is nothing to try again."""

    code = "delivery.not_stuck"


class NotOffered(Invalid):
    """The channel has no such act."""

    code = "delivery.not_offered"


class ProviderRefused(Conflict):
    """The provider said no; `details["reason"]` is what it said."""

    code = "delivery.provider_refused"


class ProviderAway(Unavailable):
    """The provider cannot be asked now. Safe to retry."""

    code = "delivery.provider_away"
