"""A new epoch for every log: history was replaced, and whoever holds numbers of the former one reloads."""

import asyncpg

from qiao.kit.ids import new_id


async def begin_new_epochs(connection: asyncpg.Connection) -> int:
    """Give each log another epoch; how many logs there are."""
    workspaces = [row["workspace_id"] for row in await connection.fetch("select workspace_id from log_heads")]
    epochs = [new_id().hex[-12:] for _ in workspaces]
    await connection.execute(
        "update log_heads h set epoch = n.epoch from unnest($1::uuid[], $2::text[]) as n(workspace_id, epoch)"
        " where h.workspace_id = n.workspace_id",
        workspaces,
        epochs,
    )
    return len(workspaces)
