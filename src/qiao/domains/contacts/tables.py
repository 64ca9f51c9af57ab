"""Tables of contacts."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKeyConstraint, Index, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from qiao.platform.db.schema import created_at_column, functions, metadata, own_words, word_function, workspace_column

# Every place's next three characters: what is looked for anywhere inside is found by its own pieces of three (`piece_query`).
functions.append(
    "create function text_pieces(words text) returns text[] language sql immutable strict parallel safe as "
    "$$ select array(select substr(words, place, 3) from generate_series(1, length(words)) as place) $$"
)
# Whole numbers of seven digits or more, with and without what may be a country code: `number_query`, as `qiao.kit.text` cuts them.
functions.append(
    "create function text_numbers(words text) returns text[] language sql immutable strict parallel safe as "
    "$$ select array(select distinct n from regexp_matches(words, '[0-9]{7,}', 'g') as found, "
    "lateral (values (found[1], 0), (right(found[1], 11), 11), (right(found[1], 10), 10)) as cut(n, long) "
    "where long = 0 or length(found[1]) between long + 1 and long + 3) $$"
)
_NUMBERS = "array_to_tsvector(text_numbers(search))"
_PIECES = "array_to_tsvector(text_pieces(search))"

contacts = Table(
    "contacts",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("locale", Text),
    Column("city", Text),
    Column("country", Text),
    Column("tier", Text),
    # Set only by a checked proof; unique, so that one proven person is one contact.
    Column("external_id", Text),
    Column("identified", Boolean, nullable=False, server_default=text("false")),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'")),
    Column("search", Text, nullable=False, server_default=text("''")),
    Column("last_seen_at", DateTime(timezone=True)),
    Column("merged_into", Uuid),
    created_at_column(),
    Index(
        "uq_contacts_external_id", "workspace_id", "external_id", unique=True, postgresql_where=text("external_id is not null")
    ),
    Index("ix_contacts_created", "workspace_id", "created_at"),
    Index("ix_contacts_email", "workspace_id", "email"),
    Index("ix_contacts_pieces", text(own_words(_PIECES)), postgresql_using="gin"),
    Index("ix_contacts_numbers", text(own_words(_NUMBERS)), postgresql_using="gin"),
)

word_function(
    "contacts_matching",
    "contacts",
    "query tsquery, pattern text, most int",
    _PIECES,
    "search like pattern and merged_into is null limit most",
)
word_function("contacts_numbered", "contacts", "query tsquery, most int", _NUMBERS, "merged_into is null limit most")

visitor_tokens = Table(
    "visitor_tokens",
    metadata,
    workspace_column(),
    Column("digest", LargeBinary, primary_key=True),
    Column("contact_id", Uuid, nullable=False),
    Column("inbox_id", Uuid, nullable=False),
    # A token that was raised by a proof speaks for the identified contact until then.
    Column("proven_until", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"]),
    Index("ix_visitor_tokens_contact", "workspace_id", "contact_id"),
)

# Where a contact writes from and what is proven of them. `namespace`: inbox:ID for addresses of one account, else the kind of thing.
contact_identities = Table(
    "contact_identities",
    metadata,
    workspace_column(),
    Column("namespace", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("contact_id", Uuid, nullable=False),
    Column("proven", Boolean, nullable=False, server_default=text("false")),
    created_at_column(),
    ForeignKeyConstraint(["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"]),
    Index("ix_contact_identities_contact", "workspace_id", "contact_id"),
)

# Who was joined into whom, by what proof, on whose word; enough to undo it.
contact_joins = Table(
    "contact_joins",
    metadata,
    workspace_column(),
    Column("id", Uuid, primary_key=True),
    Column("kept_id", Uuid, nullable=False),
    Column("other_id", Uuid, nullable=False),
    Column("proof", Text, nullable=False),
    Column("by_id", Uuid),
    Column("identities", JSONB, nullable=False),
    created_at_column(),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Uuid),
    Index("uq_contact_joins_other", "workspace_id", "other_id", unique=True, postgresql_where=text("undone_at is null")),
    Index("ix_contact_joins_kept", "workspace_id", "kept_id"),
)
