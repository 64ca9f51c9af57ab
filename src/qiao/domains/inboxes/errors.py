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
