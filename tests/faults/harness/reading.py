"""Reads everything back: by SQL, by the API of every node, and by the sockets of those who wrote; waits until the subscribers are done."""

import asyncio
import json
from collections import defaultdict
from typing import Any

from faults.harness.checkers import Read, Verdict, verify
from faults.harness.history import Seen, Stored, Tally
from faults.harness.load import Load, _row
from faults.harness.targets import Company, Target
from msgspec.structs import replace

_ROWS = """
select workspace_id, conversation_id, seq, id, client_id, author_kind, text from messages order by workspace_id, conversation_id, seq
"""
_BEHIND = """
select s.name from log_heads h cross join unnest($1::text[]) as s(name)
left join log_cursors c on c.workspace_id = h.workspace_id and c.subscriber = s.name
where coalesce(c.position, 0) < h.position
"""
_OPENED = "select count(*) from log_events where workspace_id = $1::uuid and name = 'conversations.opened.v1'"
_STATUS = "select status, count(*) from conversations where workspace_id = $1::uuid group by status"
_OWNERS = """
select c.id, c.assignee_id,
  (select e.data::jsonb ->> 'assignee_id' from log_events e where e.workspace_id = c.workspace_id and e.subject = c.id
     and e.name in ('conversations.assigned.v1', 'conversations.requeued.v1', 'conversations.handed_to_bot.v1')
   order by e.position desc limit 1) as told
from conversations c where c.workspace_id = $1::uuid
"""
_SEARCHABLE = "select count(*) from messages where workspace_id = $1::uuid and author_kind in ('contact', 'agent')"
_IN_SEARCH = """
select count(*) from message_search s join messages m using (workspace_id, conversation_id, seq)
where s.workspace_id = $1::uuid and m.author_kind in ('contact', 'agent')
"""


async def stored_rows(target: Target) -> tuple[Stored, ...]:
    """Every message in the database."""
    return tuple(
        Stored(
            workspace=str(row["workspace_id"]),
            conversation=str(row["conversation_id"]),
            seq=row["seq"],
            id=str(row["id"]),
            client_id=row["client_id"].split(":", 2)[-1],
            author_kind=row["author_kind"],
            text=row["text"],
        )
        for row in await target.sql(_ROWS)
    )


async def quiet(target: Target, seconds: float = 60) -> None:
    """Wait until no subscriber is behind the log."""
    async with asyncio.timeout(seconds):
        while await target.sql(_BEHIND, target.subscribers):
            await asyncio.sleep(0.1)


async def seen_by_api(target: Target, company: int, node: int) -> Seen:
    """Every conversation of a company as its owner reads it at one node, page by page."""
    whose = target.companies[company]
    owner = await target.owner(node, company)
    rows: list[Stored] = []
    raw: list[str] = []
    for conversation in await _all_conversations(owner):
        raw.append(json.dumps(conversation, ensure_ascii=False))
        more, after = True, 0
        while more:
            page = await owner.call("GET", f"/conversations/{conversation['id']}/messages?after={after}&limit=200")
            raw.append(json.dumps(page, ensure_ascii=False))
            rows += [_row(whose.id, conversation["id"], one) for one in page["items"]]
            more, after = page["has_more"], rows[-1].seq if rows else 0
    return Seen(workspace=whose.id, where=f"the API of {target.nodes[node].name}", rows=tuple(rows), raw="".join(raw))


async def _all_conversations(owner: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = "/conversations?view=all&limit=100"
    page = await owner.call("GET", path)
    found += page["items"]
    while page.get("next_cursor"):
        page = await owner.call("GET", f"{path}&cursor={page['next_cursor']}")
        found += page["items"]
    return found


async def tally(target: Target, company: Company, number: int) -> Tally:
    """A company's conversations, counted in every way there is."""
    owner = await target.owner(0, number)
    shown = await owner.call("GET", "/conversations/counts")
    there = {row["status"]: row["count"] for row in await target.sql(_STATUS, company.id)}
    owners: dict[str, list[str]] = defaultdict(list)
    for row in await target.sql(_OWNERS, company.id):
        named = {str(one) for one in (row["told"], row["assignee_id"]) if one}
        owners[str(row["id"])] = sorted(named)
    return Tally(
        workspace=company.id,
        opened=(await target.sql(_OPENED, company.id))[0][0],
        by_status=there,
        shown={status: shown[status] for status in ("waiting", "bot", "open", "snoozed", "resolved")},
        owners=dict(owners),
        searchable=(await target.sql(_SEARCHABLE, company.id))[0][0],
        found_by_search=(await target.sql(_IN_SEARCH, company.id))[0][0],
    )


async def read_back(load: Load) -> Read:
    """Heal, wait until it is quiet, and read everything in every way; the rows last, since readers who come online cause events."""
    target = load.target
    await target.heal()
    for customer in load.customers:
        await customer.catch_up()
    await quiet(target)
    seen: list[Seen] = []
    for number in range(len(target.companies)):
        for node in range(len(target.nodes)):
            seen.append(await seen_by_api(target, number, node))  # noqa: PERF401 - one after the other
    seen += [one.seen() for one in load.customers]
    tallies = tuple([await tally(target, company, number) for number, company in enumerate(target.companies)])
    rows = await stored_rows(target)
    every = {one.id: frozenset(row.conversation for row in rows if row.workspace == one.id) for one in target.companies}
    return Read(
        rows=rows,
        seen=tuple(one if one.whole_of or "socket" in one.where else replace(one, whole_of=every[one.workspace]) for one in seen),
        tallies=tallies,
        canaries={one.id: one.canary for one in target.companies},
    )


async def verdict_of(load: Load) -> Verdict:
    """What the checkers say of a run that has settled."""
    return verify(load.history, await read_back(load))
