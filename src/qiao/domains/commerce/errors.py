"""What can go wrong with the settings of commerce. What calls raise stands in `qiao.ports.commerce`."""

from qiao.kit.errors import Conflict, Invalid


class CommerceSettingsInvalid(Invalid):
    """A setting breaks its rule; `details["field"]` names it."""

    code = "commerce.settings_invalid"


class OrderExists(Conflict):
    """There is an order of that number in the store already; nothing was put there."""

    code = "commerce.order_exists"
