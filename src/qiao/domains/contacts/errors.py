"""What can go wrong with a contact."""

from qiao.kit.errors import Conflict, Invalid, NotFound, Unauthenticated


class ContactNotFound(NotFound):
    """No such contact in this workspace."""

    code = "contacts.not_found"


class ContactInvalid(Invalid):
    """A field breaks its rule; `details["field"]` names it."""

    code = "contacts.invalid"


class VisitorUnknown(Unauthenticated):
    """The visitor token is not known here, or its proof has run out: begin a new session."""

    code = "contacts.visitor_unknown"


class JoinRefused(Conflict):
    """The two cannot be joined, or are not: each is proven to be somebody else, or it has been done or undone already."""

    code = "contacts.join_refused"
