"""Tables of knowledge."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from qiao.platform.db.schema import created_at_column, metadata, search_function, workspace_column


def _updated_at() -> Column[object]:
    return Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))


def _audience() -> Column[object]:
    """Who may read it once it is published: everyone, or agents alone."""
    return Column("audience", Text, nullable=False, server_default=text("'everyone'"))


def _category() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", "category_id"], ["knowledge_categories.workspace_id", "knowledge_categories.id"])


knowledge_categories = Table(
    "knowledge_categories",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", JSONB, nullable=False),
    Column("description", JSONB, nullable=False, server_default=text("'{}'")),
    Column("position", Integer, nullable=False, server_default=text("0")),
    created_at_column(),
    Index("uq_knowledge_categories_slug", "workspace_id", "slug", unique=True),
)

faqs = Table(
    "faqs",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    # The same slug in two languages is the same question.
    Column("slug", Text),
    Column("language", Text, nullable=False),
    Column("category_id", Uuid),
    Column("question", Text, nullable=False),
    # The question as it is compared: two FAQs of a language never share it.
    Column("question_key", Text, nullable=False),
    Column("variants", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("answer", Text, nullable=False),
    Column("status", Text, nullable=False),
    _audience(),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("embedded_version", Integer),
    Column("updated_by", Uuid),
    _updated_at(),
    created_at_column(),
    _category(),
    Index("uq_faqs_question", "workspace_id", "language", "question_key", unique=True),
    Index("uq_faqs_slug", "workspace_id", "language", "slug", unique=True, postgresql_where=text("slug is not null")),
    Index("ix_faqs_updated", "workspace_id", "updated_at", "id"),
    Index("ix_faqs_category", "workspace_id", "category_id"),
)

articles = Table(
    "articles",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("category_id", Uuid),
    Column("position", Integer, nullable=False, server_default=text("0")),
    _audience(),
    _updated_at(),
    created_at_column(),
    _category(),
    Index("uq_articles_slug", "workspace_id", "slug", unique=True),
    Index("ix_articles_updated", "workspace_id", "updated_at", "id"),
    Index("ix_articles_category", "workspace_id", "category_id", "position"),
)

# What is being written and what is shown stand side by side; shown while published_version is set.
article_translations = Table(
    "article_translations",
    metadata,
    workspace_column(),
    Column("article_id", Uuid, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("entry_id", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=text("''")),
    Column("body", Text, nullable=False, server_default=text("''")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("published_title", Text),
    Column("published_summary", Text),
    Column("published_body", Text),
    Column("published_version", Integer),
    Column("published_at", DateTime(timezone=True)),
    Column("embedded_version", Integer),
    Column("updated_by", Uuid),
    _updated_at(),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "article_id"], ["articles.workspace_id", "articles.id"], ondelete="CASCADE"),
    Index("uq_article_translations_entry", "workspace_id", "entry_id", unique=True),
)

knowledge_versions = Table(
    "knowledge_versions",
    metadata,
    workspace_column(),
    Column("entry_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", JSONB, nullable=False),
    Column("saved_by", Uuid),
    created_at_column(),
)

# One row an entry and audience: "console" finds what is being written, "public" only what is shown to everyone.
knowledge_search = Table(
    "knowledge_search",
    metadata,
    workspace_column(),
    Column("entry_id", Uuid, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("plain", Text, nullable=False),
    Column("title_words", TSVECTOR, nullable=False),
    Column("words", TSVECTOR, nullable=False),
    _updated_at(),
    Index("ix_knowledge_search_words", "words", postgresql_using="gin"),
    Index("ix_knowledge_search_owner", "workspace_id", "owner_id"),
)

search_function("knowledge_matching", "knowledge_search", "reader text, query tsquery", "audience = reader and words @@ query")

article_votes = Table(
    "article_votes",
    metadata,
    workspace_column(),
    Column("entry_id", Uuid, primary_key=True),
    # A keyed digest of address and day: enough to count somebody once a day, not enough to know who.
    Column("voter", LargeBinary, primary_key=True),
    Column("helpful", Boolean, nullable=False),
    created_at_column(),
)

snippets = Table(
    "snippets",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("shortcut", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    created_at_column(),
    Index("uq_snippets_shortcut", "workspace_id", "shortcut", unique=True),
)

knowledge_imports = Table(
    "knowledge_imports",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("file_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("category_id", Uuid),
    Column("publish", Boolean, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'queued'")),
    Column("total", Integer),
    Column("taken", Integer, nullable=False, server_default=text("0")),
    Column("refused", Integer, nullable=False, server_default=text("0")),
    # How many items of the file have been dealt with: where a cut import goes on.
    Column("position", Integer, nullable=False, server_default=text("0")),
    # Starts since something was last stored: what never gets further is given up.
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error_code", Text),
    Column("created_by", Uuid),
    Column("finished_at", DateTime(timezone=True)),
    created_at_column(),
    Index("ix_knowledge_imports_created", "workspace_id", "created_at", "id"),
)

knowledge_import_uploads = Table(
    "knowledge_import_uploads",
    metadata,
    workspace_column(),
    Column("import_id", Uuid, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "import_id"], ["knowledge_imports.workspace_id", "knowledge_imports.id"], ondelete="CASCADE"
    ),
)

knowledge_import_problems = Table(
    "knowledge_import_problems",
    metadata,
    workspace_column(),
    Column("import_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "import_id"], ["knowledge_imports.workspace_id", "knowledge_imports.id"], ondelete="CASCADE"
    ),
)
