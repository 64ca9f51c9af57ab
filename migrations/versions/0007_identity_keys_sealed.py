"""Identity keys of inboxes are sealed. The program before reads and writes them as they are until it runs nowhere any more."""

import sqlalchemy as sa
from alembic import op

from qiao.platform.db.revisions import Backfill

revision = "0007"
down_revision = "0006"

FOUR = """
update identity_keys k set last_four = right(k.secret, 4) from batch b
where (k.workspace_id, k.id) = (b.workspace_id, b.id) and k.last_four is null
"""


def upgrade() -> None:
    op.add_column("identity_keys", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("identity_keys", sa.Column("last_four", sa.Text(), nullable=True))
    # This program does not name the column when it writes a row.
    op.execute("alter table identity_keys alter column secret set default ''")


backfills = [
    Backfill("identity_keys", ("workspace_id", "id"), FOUR),
    Backfill("identity_keys", ("workspace_id", "id"), by="identity_keys.sealed", batch=100),
]


def contract() -> None:
    op.execute(
        "alter table identity_keys add constraint ck_identity_keys_sealed"
        " check (sealed is not null and last_four is not null) not valid"
    )
    op.execute("alter table identity_keys validate constraint ck_identity_keys_sealed")
    op.execute("alter table identity_keys alter column sealed set not null")
    op.execute("alter table identity_keys alter column last_four set not null")
    op.execute("alter table identity_keys drop constraint ck_identity_keys_sealed")
    # From here on nobody writes a key as it is; then none is left in what a dropped column leaves behind.
    op.execute("alter table identity_keys alter column secret drop not null, alter column secret drop default")
    op.execute("update identity_keys set secret = null")
    op.drop_column("identity_keys", "secret")
