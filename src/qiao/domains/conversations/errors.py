"""What can go wrong with a conversation."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class ConversationNotFound(NotFound):
    """No such conversation in this workspace, or not yours to see."""

    code = "conversations.not_found"


class Taken(Conflict):
    """Somebody else took it first; `details["assignee_id"]` says who."""

    code = "conversations.taken"


class NewerMessages(Conflict):
    """The customer wrote after what the writer had seen; `details["last_seq"]`. Send again without seen_seq to insist."""

    code = "conversations.newer_messages"


class WrongStatus(Conflict):
    """This cannot be done to a conversation in its present status."""

    code = "conversations.wrong_status"


class MessageEmpty(Invalid):
    """Neither text nor a file."""

    code = "conversations.message_empty"


class MessageTooLong(Invalid):
    """Over the bound on text, files or the client id."""

    code = "conversations.message_too_long"
