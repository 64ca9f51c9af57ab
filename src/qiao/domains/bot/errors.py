"""What can go wrong with the bot."""

from qiao.kit.errors import Invalid, NotFound


class TurnNotFound(NotFound):
    """No such turn, or it is not yours to speak of."""

    code = "bot.turn_not_found"


class UnansweredNotFound(NotFound):
    """No such unanswered question."""

    code = "bot.unanswered_not_found"


class BotSettingsInvalid(Invalid):
    """A setting breaks its rule; `details["field"]` names it."""

    code = "bot.settings_invalid"
