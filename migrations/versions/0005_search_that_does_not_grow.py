"""Words and contacts are found in one company alone, the newest first."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

OWN = "nullif(current_setting('qiao.workspace', true), '')::uuid"
WORDS = "(tokens || array_to_tsvector(array[workspace_id::text]))"
PIECES = "(array_to_tsvector(text_pieces(search)) || array_to_tsvector(array[workspace_id::text]))"
ASKED = f"@@ (query && quote_literal({OWN}::text)::tsquery)"
FUNCTION = "language sql stable strict security definer rows 200\nset search_path from current set plan_cache_mode = force_custom_plan as"


def upgrade() -> None:
    op.create_index("ix_message_search_at", "message_search", ["workspace_id", "at"], postgresql_concurrently=True)
    op.create_index(
        "ix_message_search_own", "message_search", [sa.text(WORDS)], postgresql_using="gin", postgresql_concurrently=True
    )
    op.execute(
        f"create or replace function messages_matching(query tsquery, most int) returns setof message_search {FUNCTION}"
        f" $$ select * from message_search where workspace_id is not distinct from {OWN} and {WORDS} {ASKED} and true limit most $$"
    )
    op.execute(
        "create or replace function text_pieces(words text) returns text[] language sql immutable strict parallel safe as"
        " $$ select array(select substr(words, place, 3) from generate_series(1, length(words)) as place) $$"
    )
    op.create_index("ix_contacts_pieces", "contacts", [sa.text(PIECES)], postgresql_using="gin", postgresql_concurrently=True)
    op.execute(
        f"create function contacts_matching(query tsquery, pattern text, most int) returns setof contacts {FUNCTION}"
        f" $$ select * from contacts where workspace_id is not distinct from {OWN} and {PIECES} {ASKED}"
        " and search like pattern and merged_into is null limit most $$"
    )


def contract() -> None:
    op.drop_index("ix_message_search_tokens", "message_search")
