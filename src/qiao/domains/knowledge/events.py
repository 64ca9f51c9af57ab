"""Facts of knowledge: what changed, so that whoever keeps something made of it makes it anew."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec

from qiao.domains.knowledge.contracts import Import
from qiao.platform.log.facts import Fact


class FaqChanged(Fact, frozen=True, kw_only=True):
    """A FAQ was made, changed, shown, hidden or deleted. `status` is draft, published or deleted."""

    wire_name = "knowledge.faq_changed.v1"

    id: UUID
    status: str
    language: str
    from_unanswered: UUID | None = None

    @property
    def about(self) -> UUID:
        return self.id


class ArticleChanged(Fact, frozen=True, kw_only=True):
    """A translation of an article was written, shown, hidden or deleted, or the article moved. Its entry: `entry_id_of`."""

    wire_name = "knowledge.article_changed.v1"

    id: UUID
    language: str

    @property
    def about(self) -> UUID:
        return self.id


class ImportProgressed(Fact, frozen=True, kw_only=True):
    """How far an import is: the whole Import. At most about three a second, and always one at the end."""

    wire_name = "knowledge.import_progressed.v1"

    id: UUID
    file_name: str
    kind: str
    status: str
    total: int | None
    done: int
    taken: int
    refused: int
    error_code: str | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def about(self) -> UUID:
        return self.id

    @classmethod
    def of(cls, progress: Import) -> Self:
        """The fact that tells of `progress`."""
        return cls(**msgspec.structs.asdict(progress))
