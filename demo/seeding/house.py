"""What the seed needs of a running program, and what it says in the end."""

from typing import Protocol
from uuid import UUID

import msgspec

from qiao.domains.bot.api import Bot
from qiao.domains.commerce.api import Commerce
from qiao.domains.inboxes.api import IdentityKeys, Inboxes
from qiao.domains.knowledge.api import Knowledge
from qiao.domains.people.api import People
from qiao.domains.tickets.api import Tickets
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Database


class House(Protocol):
    """The doors that the seed goes through."""

    @property
    def database(self) -> Database: ...
    @property
    def workspaces(self) -> Workspaces: ...
    @property
    def people(self) -> People: ...
    @property
    def inboxes(self) -> Inboxes: ...
    @property
    def identity_keys(self) -> IdentityKeys: ...
    @property
    def knowledge(self) -> Knowledge: ...
    @property
    def commerce(self) -> Commerce: ...
    @property
    def files(self) -> Files: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def bot(self) -> Bot: ...


class SeedReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is there now. `made` false: it was there before, and the counts are 0."""

    workspace_id: UUID
    slug: str
    made: bool
    inbox_key: str
    password: str
    logins: tuple[str, ...]
    """A line a person for the terminal: role, name, address, password."""
    seconds: float = 0.0
    contacts: int = 0
    conversations: int = 0
    messages: int = 0
    faqs: int = 0
    articles: int = 0
    orders: int = 0
    tickets: int = 0
