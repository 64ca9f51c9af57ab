"""A company whose every row is looked at, and people who bring things as far as a test needs them, by requests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from qiao.app.tables import metadata
from qiao.channels.registry import load_channels
from qiao.domains.conversations.contracts import Status
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.ports.channel import Capability

CHAT = next(name for name, channel in load_channels().items() if Capability.LIVE in channel.manifest.capabilities)
API, CONSOLE = "/api/v1", {"X-Qiao-Client": "tests"}
PASSWORD = "a long enough passphrase 7"
SEEN = {"sessions", "api_keys", "people_presence", "visitor_tokens", "contacts"}
"""Of these a request may note that somebody was there: their rows are counted, not compared."""
HOOK = {"url": "https://erp.example.com/qiao", "events": ["message.sent"]}
ACTS = {
    "claim": ("claim", None), "transfer": ("transfer", {}), "resolve": ("resolve", None), "reopen": ("reopen", None),
    "hand_to_bot": ("hand-to-bot", None), "snooze": ("snooze", {"until": (datetime.now(UTC) + timedelta(days=1)).isoformat()}),
}  # fmt: skip
"""The acts on a conversation that are requests: the end of the address, and what is sent."""


class Step:
    """A request to make when it is not its turn."""

    def __init__(self, by: httpx.AsyncClient, method: str, path: str, **more: Any) -> None:
        self.by, self.method, self.path, self.more = by, method, path, more


class Desk:
    """A company with people at their browsers, and all that it has in its rows."""

    def __init__(self, house: Any, database: Any, workspace: Any, door: Any) -> None:
        self.house, self.database, self.workspace, self.door = house, database, workspace, door

    async def begin(self) -> "Desk":
        self.admin, self.stranger = await self.door("admin"), await self.door(**CONSOLE)
        return self

    async def ok(self, method: str, path: str, by: httpx.AsyncClient | None = None, **more: Any) -> Any:
        answer = await (by or self.admin).request(method, f"{API}{path}", **more)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def rows(self) -> dict[str, tuple[int, str]]:
        """How many rows each table has for the company, and a digest of what is in them."""
        tables = [table.name for table in metadata.sorted_tables if "workspace_id" in table.columns]
        digest = "md5(string_agg(t::text, '|' order by t::text))"
        parts = [
            f"select '{name}', count(*), {'null' if name in SEEN else digest} from {name} t where workspace_id = $1"
            for name in tables
        ]
        async with self.database.across() as connection:
            found = await connection.fetch(" union all ".join(parts), self.workspace.id)
        return {row[0]: (row[1], row[2] or "") for row in found}

    async def orders(self) -> dict[str, tuple[int, str]]:
        """The rows of its shop; the record of calls is another matter, a refusal is in it."""
        return {
            name: held for name, held in (await self.rows()).items() if name.startswith("commerce_") and name != "commerce_calls"
        }

    async def sql(self, statement: str) -> None:
        """Time passes: what no request can do."""
        async with self.database.across() as connection:
            await connection.execute(statement, self.workspace.id)

    async def inbox(self, *, bot: bool = False) -> Any:
        async with self.database.scope(self.workspace.id) as scope:
            made = await self.house.inboxes.create(scope, NewInbox(channel=CHAT, name=CHAT))
            return await self.house.inboxes.change(scope, made.id, InboxChanges(bot_enabled=bot))

    async def visitor(self, *, bot: bool = False) -> httpx.AsyncClient:
        inbox = await self.inbox(bot=bot)
        token = (await self.stranger.post("/visitor/v1/sessions", json={"inbox_key": inbox.key})).json()["token"]
        return await self.door(Authorization=f"Bearer {token}")

    async def talk(self, status: Status = Status.WAITING) -> str:
        """A customer's conversation, brought to a status by the acts that lead there."""
        visitor = await self.visitor(bot=status is Status.BOT)
        sent = await visitor.post("/visitor/v1/messages", json={"client_id": uuid4().hex, "text": "壶漏水"})
        talk: str = sent.json()["conversation"]["id"]
        for act in {Status.OPEN: ("claim",), Status.SNOOZED: ("claim", "snooze"), Status.RESOLVED: ("claim", "resolve")}.get(
            status, ()
        ):
            await self.ok("POST", f"/conversations/{talk}/{ACTS[act][0]}", json=ACTS[act][1])
        assert (await self.of(talk))["status"] == status
        return talk

    async def of(self, talk: str) -> Any:
        return (await self.ok("GET", f"/conversations/{talk}"))["conversation"]

    async def customers(self) -> list[str]:
        """Two of them."""
        return [(await self.of(await self.talk()))["contact"]["id"] for _ in range(2)]

    async def ticket(self, **changes: Any) -> dict[str, Any]:
        new = {"conversation_id": await self.talk(), "client_id": uuid4().hex, "subject": "换一只壶"}
        made = await self.ok("POST", "/tickets", json=new)
        return await self.change(made, **changes) if changes else made

    async def change(self, ticket: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return await self.ok("PATCH", f"/tickets/{ticket['id']}", json={"version": ticket["version"], **changes})

    async def invite(self) -> tuple[str, dict[str, Any]]:
        made = await self.ok("POST", "/invites", json={"email": f"{uuid4().hex}@shop.example", "role": "agent"})
        return made["id"], {"token": made["url"].rpartition("#")[2], "name": "新人", "password": PASSWORD}

    async def reset(self) -> tuple[str, dict[str, Any]]:
        person = (await self.door("agent")).headers["X-Test-Person"]
        made = await self.ok("POST", f"/people/{person}/password-reset")
        return person, {"token": made["url"].rpartition("#")[2], "password": PASSWORD}

    async def article(self) -> str:
        return (await self.ok("POST", "/knowledge/articles", json={}))["id"]

    async def faq(self) -> str:
        new = {"language": "zh", "question": f"怎么退货 {uuid4().hex}？", "answer": "七天内可以退。", "publish": True}
        return (await self.ok("POST", "/knowledge/faqs", json=new))["id"]

    async def experiment(self, **changes: Any) -> str:
        new = {"name": "更谨慎", "changes": changes or {"answer_from": 0.95}}
        return (await self.ok("POST", "/bot/learning/experiments", json=new))["id"]

    async def endpoint(self, **changes: Any) -> str:
        made = (await self.ok("POST", "/webhooks", json=HOOK))["endpoint"]["id"]
        if changes:
            await self.ok("PATCH", f"/webhooks/{made}", json=changes)
        return made


async def refused(desk: Desk, step: Step, status: int, code: str) -> None:
    """It is refused by its code, and nothing of the company is another than before."""
    before = await desk.rows()
    answer = await step.by.request(step.method, step.path, **step.more)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    after = await desk.rows()
    assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}
