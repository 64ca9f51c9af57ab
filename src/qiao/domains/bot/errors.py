"""What can go wrong with the bot."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class TurnNotFound(NotFound):
    """No such turn, or it is not yours to speak of."""

    code = "bot.turn_not_found"


class UnansweredNotFound(NotFound):
    """No such unanswered question."""

    code = "bot.unanswered_not_found"


class BotSettingsInvalid(Invalid):
    """A setting breaks its rule; `details["field"]` names it."""

    code = "bot.settings_invalid"


class FlowNotFound(NotFound):
    """No such flow or version in this workspace."""

    code = "bot.flow_not_found"


class FlowChanged(Conflict):
    """Somebody saved this draft meanwhile; `details["revision"]` is the present one. Reload and decide again."""

    code = "bot.flow_changed"


class FlowInUse(Conflict):
    """Customers are in this flow; `details["talks"]` says how many. Switch it off: they finish, or lapse within a day."""

    code = "bot.flow_in_use"


class FlowInvalid(Invalid):
    """A flow cannot be published as it is; `details["faults"]` names every fault with its node."""

    code = "bot.flow_invalid"


class HttpToolInvalid(Invalid):
    """A tool breaks a rule; `details["field"]` names it."""

    code = "bot.http_tool_invalid"


class HttpToolNotFound(NotFound):
    """No such tool in this workspace."""

    code = "bot.http_tool_not_found"


class PromiseNotFound(NotFound):
    """No such promise, or it was settled already."""

    code = "bot.promise_not_found"


class IntentNotFound(NotFound):
    """No such intent in this workspace."""

    code = "bot.intent_not_found"


class IntentInvalid(Invalid):
    """An intent breaks a rule; `details["field"]` names it."""

    code = "bot.intent_invalid"


class IntentKeyTaken(Conflict):
    """Another intent of the workspace has this key."""

    code = "bot.intent_key_taken"
