"""A channel whose customers write on a page of ours: what the page shows, what comes back from it, and what is answered there.

The page is drawn by the portal, which knows no channel: an adapter that has these methods has a page.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from qiao.ports.channel import Account, Choice, Localised, OutboundFile, Wire

FIELD_TYPES = ("text", "textarea", "email", "phone", "choice", "checkbox", "date", "file")

FIELD_PROBLEMS = ("required", "email", "phone", "choice", "date", "too_long", "too_large", "too_many")
FORM_PROBLEMS = ("too_fast", "too_old", "not_allowed", "too_many")


class ShowIf(Struct, frozen=True, forbid_unknown_fields=True):
    """A field is asked for only when another one is answered so."""

    key: str
    equals: str


class FormField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question. A checkbox is answered "yes" or not at all; a date as YYYY-MM-DD; a choice by the value of one."""

    key: str
    label: Localised
    type: str = "text"
    required: bool = False
    choices: tuple[Choice, ...] = ()
    show_if: ShowIf | None = None
    hint: Localised | None = None


class Form(Struct, frozen=True, kw_only=True):
    """What the page shows. `stamp` goes with it and has to come back; `origins` may put the page into their own (none: any)."""

    title: Localised
    lead: Localised
    thanks: Localised
    fields: tuple[FormField, ...]
    origins: tuple[str, ...]
    stamp: str
    makes_tickets: bool = False
    """Whether what is sent makes tickets, whose numbers the customers see."""


class FormFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as a browser sent it."""

    field: str
    name: str
    content_type: str
    data: bytes


class Submission(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came back. `trap` is a field that people do not see; `about` is the ticket of an earlier one that this one goes on with."""

    stamp: str
    language: str = "zh"
    answers: Mapping[str, str] = {}
    files: tuple[FormFile, ...] = ()
    trap: str = ""
    about: str = ""


class FormAnswer(Struct, frozen=True, kw_only=True):
    """A reply as the customer's page shows it."""

    text: str
    at: str
    files: tuple[OutboundFile, ...] = ()


@runtime_checkable
class ShowsForm(Protocol):
    """What an adapter with a page has besides the Channel port."""

    def form(self, account: Account) -> Form:
        """The page as it is now. Raises Invalid when what the admin entered makes none."""
        ...

    def problems(self, submission: Submission, account: Account) -> Mapping[str, str]:
        """What is wrong, by field, in words of FIELD_PROBLEMS; with the empty key, of FORM_PROBLEMS. Nothing: it can be delivered."""
        ...

    def ticket(self, submission: Submission, account: Account) -> str:
        """What opens the customer's own page with the answers. Only for what has no problems."""
        ...

    def ticket_key(self, ticket: str, account: Account) -> str | None:
        """How `AsTicket.key` calls what a ticket of `ticket` opens; None when it opens nothing."""
        ...

    async def answers(self, ticket: str, account: Account, wire: Wire) -> Sequence[FormAnswer] | None:
        """What was replied to them, oldest first; None when the ticket opens nothing."""
        ...
