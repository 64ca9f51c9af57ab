"""Whose job is next: workspaces take turns, whoever has asked for how much.

Start-time fair queueing (Goyal, Vin and Cheng 1996), with every job of the same length: a job's place is one after the last of its
workspace, and not before the round that is being served. pgqueuer serves the highest priority first, so the priority is the place below
zero.
"""

from qiao.platform.db.schema import functions
from qiao.platform.db.walls import OWN
from qiao.platform.jobs.jobs import WORKSPACE

LOOKED_AT = 1_000
"""Only so many of the furthest places are looked at: asking for a place stays cheap however long the queue is."""

# pgqueuer hands over headers as text, which our connections' codec makes a JSON string of: hence the way through `#>> '{}'`.
_MINE = f"((headers #>> '{{}}')::jsonb ->> '{WORKSPACE}')::uuid = {OWN}"
_DUE = "entrypoint = kind and status = 'queued' and execute_after <= clock_timestamp()"
functions.append(f"""create function job_place(kind text) returns int language plpgsql security definer
set search_path from current as $$ begin return greatest(
  coalesce((select -priority from pgqueuer where {_DUE} order by priority desc, id limit 1), 0),
  coalesce((select 1 - min(priority) from (
              select priority, headers from pgqueuer where {_DUE} order by priority, id desc limit {LOOKED_AT}
            ) as furthest where {_MINE}), 0)); end $$""")
