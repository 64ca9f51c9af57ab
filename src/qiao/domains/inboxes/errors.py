"""What can go wrong with an inbox."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class InboxNotFound(NotFound):
    """No such inbox, or it is switched off for the public."""

    code = "inboxes.not_found"


class InboxInvalid(Invalid):
    """A setting breaks its rule; `details["field"]` names it."""

    code = "inboxes.invalid"


class AccountTaken(Conflict):
    """Another inbox of the company, `details["name"]`, already has the account that `details["field"]` and others name."""

    code = "inboxes.account_taken"


class SpecialDayNotFound(NotFound):
    """No such special day, or it was removed."""

    code = "inboxes.special_day_not_found"


class SpecialDaysMeet(Conflict):
    """Two of one inbox, or of the company, would meet: `details` has `first`, `last`, `name` of the one there, `index` of the new."""

    code = "inboxes.special_days_meet"
