"""Contacts are found by a whole number at once, however it is written."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

OWN = "nullif(current_setting('qiao.workspace', true), '')::uuid"
NUMBERS = "(array_to_tsvector(text_numbers(search)) || array_to_tsvector(array[workspace_id::text]))"
ASKED = f"@@ (query && quote_literal({OWN}::text)::tsquery)"
FUNCTION = "language sql stable strict security definer rows 200\nset search_path from current set plan_cache_mode = force_custom_plan as"


def upgrade() -> None:
    op.execute(
        "create or replace function text_numbers(words text) returns text[] language sql immutable strict parallel safe as "
        "$$ select array(select distinct n from regexp_matches(words, '[0-9]{7,}', 'g') as found, "
        "lateral (values (found[1], 0), (right(found[1], 11), 11), (right(found[1], 10), 10)) as cut(n, long) "
        "where long = 0 or length(found[1]) between long + 1 and long + 3) $$"
    )
    op.create_index("ix_contacts_numbers", "contacts", [sa.text(NUMBERS)], postgresql_using="gin", postgresql_concurrently=True)
    op.execute(
        f"create or replace function contacts_numbered(query tsquery, most int) returns setof contacts {FUNCTION}"
        f" $$ select * from contacts where workspace_id is not distinct from {OWN} and {NUMBERS} {ASKED}"
        " and merged_into is null limit most $$"
    )
