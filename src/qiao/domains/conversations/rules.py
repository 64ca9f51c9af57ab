"""Pure decisions about conversations."""

from datetime import datetime, timedelta

from qiao.domains.conversations.contracts import (
    MAX_ATTACHMENTS,
    MAX_CLIENT_ID,
    MAX_TAGS,
    MAX_TEXT,
    MessageKind,
    NewMessage,
    Status,
)
from qiao.domains.conversations.errors import MessageEmpty, MessageTooLong, WrongStatus
from qiao.kit.errors import Invalid

CONTINUE_FOR = timedelta(days=7)
"""How long after its end a conversation goes on when the customer writes again; later a new one begins."""

ALLOWED: dict[str, frozenset[Status]] = {
    "claim": frozenset({Status.WAITING, Status.BOT, Status.OPEN, Status.SNOOZED}),
    "transfer": frozenset({Status.WAITING, Status.BOT, Status.OPEN, Status.SNOOZED, Status.RESOLVED}),
    "resolve": frozenset({Status.WAITING, Status.BOT, Status.OPEN, Status.SNOOZED}),
    "reopen": frozenset({Status.RESOLVED}),
    "snooze": frozenset({Status.OPEN, Status.WAITING, Status.SNOOZED}),
    "hand_over": frozenset({Status.BOT, Status.WAITING}),
    "hand_to_bot": frozenset({Status.OPEN, Status.WAITING, Status.SNOOZED}),
    "requeue": frozenset({Status.OPEN}),
}


def check_status(act: str, status: str) -> None:
    """Raise WrongStatus when `act` makes no sense now."""
    if Status(status) not in ALLOWED[act]:
        raise WrongStatus(f"a conversation that is {status} cannot be used with {act}", status=status)


def continues(resolved_at: datetime | None, now: datetime) -> bool:
    """True when a customer's new message belongs to the conversation that was resolved then."""
    return resolved_at is None or now - resolved_at <= CONTINUE_FOR


def clean_text(text: str) -> str:
    """What PostgreSQL can hold and people can see: no NUL, no lone surrogates; outer white space cut."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def check_message(item: NewMessage) -> None:
    """Raise MessageEmpty or MessageTooLong. Content without text is enough for what the product itself says."""
    if len(item.text) > MAX_TEXT:
        raise MessageTooLong(f"a message holds at most {MAX_TEXT} characters", max_text=MAX_TEXT)
    if len(item.attachments) > MAX_ATTACHMENTS:
        raise MessageTooLong(f"a message holds at most {MAX_ATTACHMENTS} files", max_attachments=MAX_ATTACHMENTS)
    if not 1 <= len(item.client_id) <= MAX_CLIENT_ID:
        raise MessageTooLong(f"client_id has 1 to {MAX_CLIENT_ID} characters", max_client_id=MAX_CLIENT_ID)
    if "\x00" in item.client_id:
        raise Invalid("client_id cannot hold a NUL", field="client_id")
    if not item.text and not item.attachments and item.content is None and item.kind is not MessageKind.EVENT:
        raise MessageEmpty("write something or attach a file")


def clean_tags(tags: list[str]) -> list[str]:
    """Trimmed, single, at most MAX_TAGS of at most 40 characters, in their order."""
    seen = dict.fromkeys(clean_text(tag)[:40].rstrip() for tag in tags)
    return [tag for tag in seen if tag][:MAX_TAGS]
