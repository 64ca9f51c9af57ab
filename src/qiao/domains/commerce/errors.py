"""What can go wrong with the settings of commerce. What calls raise stands in `qiao.ports.commerce`."""

from qiao.kit.errors import Invalid


class CommerceSettingsInvalid(Invalid):
    """A setting breaks its rule; `details["field"]` names it."""

    code = "commerce.settings_invalid"
