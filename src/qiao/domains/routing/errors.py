"""What can go wrong in routing."""

from qiao.kit.errors import Conflict, Invalid


class LimitReached(Conflict):
    """The person has as many open conversations as they may; `details["limit"]`."""

    code = "routing.limit_reached"


class RuleInvalid(Invalid):
    """A rule that can never fit or changes nothing; `details["field"]` and `details["position"]` say which."""

    code = "routing.rule_invalid"
