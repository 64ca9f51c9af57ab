"""What can go wrong with webhooks."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class WebhookNotFound(NotFound):
    """No such endpoint in this workspace."""

    code = "webhooks.not_found"


class WebhookDeliveryNotFound(NotFound):
    """No such delivery of this endpoint; or it was cleared."""

    code = "webhooks.delivery_not_found"


class WebhookInvalid(Invalid):
    """The endpoint cannot be like this; `details["field"]` says what."""

    code = "webhooks.invalid"


class WebhookOff(Conflict):
    """The endpoint is switched off: nothing is sent to it."""

    code = "webhooks.off"


class TooManyWebhooks(Conflict):
    """The workspace has as many endpoints as it may."""

    code = "webhooks.too_many"
