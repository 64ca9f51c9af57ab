"""Two companies with one of everything, behind the program's own front door, without a process of its own.

`home` is where the callers of a test work; `away` is the company whose things they must never reach.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from msgspec import Struct
from support.shop import order

from qiao.app.asgi import Front, make_litestar
from qiao.app.house import House
from qiao.app.tables import metadata
from qiao.app.wiring import Running
from qiao.domains.bot.flows.shown import NewFlow
from qiao.domains.bot.flows.tools.http_tools import HttpToolDefinition, SavedHttpTool
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, NewMessage, Status
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox, NewSpecialDay
from qiao.domains.inboxes.special_days import SpecialDays
from qiao.domains.knowledge.contracts import NewArticle, NewCategory, NewFaq, NewImport, NewSnippet, TranslationText
from qiao.domains.people.contracts import NewInvite, NewPerson, NewTeam, Role, Visit
from qiao.domains.people.repository.sessions import Face
from qiao.domains.people.service.sessions import begin_session
from qiao.domains.tickets.contracts import NewTicket
from qiao.domains.webhooks.contracts import NewEndpoint
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.clock import utc_now
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import COOKIE_NAME
from qiao.platform.db.database import Database
from qiao.platform.settings import read_settings

ROLES = tuple(Role)
_TURN = """
insert into bot_turns (workspace_id, id, conversation_id, question_seq, message_id, reply_seq, question, used_question, language, zone,
  reason, confidence, handed_over, candidates, thresholds, index_version, timings)
values ($1, $2, $3, 1, $4, 2, '邮费', '邮费', 'zh', 'hand_over', 'unsure', 0.1, true, '[]', '{"answer": 0.8, "offer": 0.4}', 'v1',
  '{"embed_ms": 1, "search_ms": 1, "total_ms": 2}')
"""
_UNANSWERED = """
insert into bot_unanswered (workspace_id, id, normal, question, language, examples, conversation_ids)
values ($1, $2, 'youfei', '邮费', 'zh', '{}', '{}')
"""
SHOPPER, ORDER = "canary-shopper", "LT20261120-00000001"
_PROVEN = f"update contacts set external_id = '{SHOPPER}', identified = true where workspace_id = $1 and id = $2"
_PROMISE = """
insert into bot_promises (workspace_id, id, conversation_id, state, language, step, kind, phone, due_at, made_at)
values ($1, $2, $3, 'open', 'zh', 'done', 'call_back', '13812345678', now() + interval '1 hour', now())
"""
_LEARNT = {
    "cluster_id": """
insert into bot_clusters (workspace_id, id, language, name, terms, asked, questions, last_at)
values ($1, $2, 'zh', '邮费', '{邮费}', 2, 1, now())
""",
    "concern_id": """
insert into bot_concerns (workspace_id, id, kind, entry_id, seen, nearness, reasons)
values ($1, $2, 'stale', gen_random_uuid(), 'x', 0.5, '[]')
""",
    "set_id": "insert into bot_test_sets (workspace_id, id, name) values ($1, $2, 'canary')",
    "case_id": """
insert into bot_test_cases (workspace_id, id, set_id, question, normal, previous, language, expected, origin)
values ($1, $2, (select id from bot_test_sets where workspace_id = $1), '邮费', '邮费', '{}', 'zh', '{}', 'hand')
""",
    "run_id": """
insert into bot_test_runs (workspace_id, id, set_id, why, index_version, counts, results, seconds)
values ($1, $2, (select id from bot_test_sets where workspace_id = $1), 'hand', '1',
  '{"right": 0, "wrong": 0, "offered": 0, "missed": 0, "handed_over": 0}', '[]', 0.1)
""",
    "experiment_id": """
insert into bot_experiments (workspace_id, id, name, changes, share) values ($1, $2, 'canary', '{"answer_from": 0.8}', 0.5)
""",
    "intent_id": """
insert into bot_intents (workspace_id, id, key, name, examples)
values ($1, $2, 'canary', '{"zh": "邮费"}', '[{"text": "邮费多少", "language": "zh"}]')
""",
}
_API_KEY = """
insert into api_keys (workspace_id, digest, id, name, made_by, scopes)
values ($1, sha256(uuid_send($2)), $2, 'canary', $3, '{reports.read}')
"""
_NOTIFICATION = """
insert into notifications (workspace_id, id, person_id, kind, cause, data) values ($1, $2, $3, 'waiting', 'made', '{}')
"""

_RECEIPT = """
insert into receipts (workspace_id, id, inbox_id, method, headers, query, body, received_at, state, reason)
values ($1, $2, $3, 'POST', '{}', '{}', 'canary', now(), 'parked', 'made')
"""

_DELIVERY = """
insert into webhook_deliveries (workspace_id, id, endpoint_id, type, key, body, state)
values ($1, $2, $3, 'ping', 'canary', '{"canary": true}', 'failed')
"""


class Company(Struct, kw_only=True):
    """One workspace; `ids` holds one id of each kind under the name that routes and bodies use for it."""

    workspace: Workspace
    inbox_key: str
    ids: dict[str, UUID]
    faces: dict[Role, Face]
    visitor_token: str = ""


class Stage:
    """The front door over a real database, and the two companies behind it."""

    def __init__(self, database: Database, dsn: str, folder: Path) -> None:
        settings = read_settings({}, data_dir=str(folder), bot_model="off")
        self.database = database
        self.house = House(settings, database, dsn)
        self.front = Front(Running(self.house, alone=True), make_litestar())
        self.home: Company
        self.away: Company

    async def fill(self) -> None:
        """Make the companies."""
        self.home = await self.company("home")
        self.away = await self.company("away")

    def door(self, headers: Any = None, *, ip: str = "127.0.0.1") -> httpx.AsyncClient:
        """A client with these headers. What the program does not expect is answered, not raised, as in service."""
        transport = httpx.ASGITransport(self.front, raise_app_exceptions=False, client=(ip, 4321))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8717", headers=headers, timeout=30)

    async def signed_in(self, role: Role, *, company: Company | None = None, client: bool = True) -> httpx.AsyncClient:
        """Somebody of a role with a fresh session; without `client` the header that browsers of other pages cannot send is absent."""
        company = company or self.home
        async with self.database.scope(company.workspace.id) as scope:
            begun = await begin_session(scope, company.faces[role], Visit("192.0.2.1", "tests"))
        headers = {"Cookie": f"{COOKIE_NAME}={begun.token}", **({"X-Qiao-Client": "tests"} if client else {})}
        return self.door(headers)

    def visitor(self, company: Company | None = None) -> httpx.AsyncClient:
        """A visitor of the company."""
        return self.door({"Authorization": f"Bearer {(company or self.home).visitor_token}"})

    async def picture_of(self, company: Company) -> dict[str, str]:
        """A digest of every table's rows of one company, to see whether anything changed."""
        digests: dict[str, str] = {}
        async with self.database.across() as connection:
            for table in metadata.sorted_tables:
                if "workspace_id" in table.columns:
                    query = f"select md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from {table.name} t"
                    digests[table.name] = await connection.fetchval(f"{query} where workspace_id = $1", company.workspace.id)
        return digests

    async def company(self, name: str) -> Company:
        """A workspace with one of everything."""
        house = self.house
        workspace = await house.workspaces.create(f"{name}-{uuid4().hex[:8]}", {"zh": "测试", "en": name})
        ids: dict[str, UUID] = {}
        faces: dict[Role, Face] = {}
        async with self.database.scope(workspace.id) as scope:
            for role in ROLES:
                email = f"{role}-{uuid4().hex[:8]}@{name}.example"
                person = await house.people.create_person(scope, NewPerson(email=email, name=f"{name} {role}", role=role))
                faces[role] = Face(person.id, person.name, role, "zh")
            ids["person_id"] = faces[Role.AGENT].person_id
            owner = _caller(workspace, faces[Role.OWNER])
            ids["team_id"] = (await house.people.create_team(scope, NewTeam(name={"zh": "售后"}))).id
            new = NewInvite(email=f"new@{name}.example", role=Role.AGENT)
            ids["invite_id"] = (await house.people.invite(scope, owner, new, "https://desk.example")).id
            ids["session_id"] = (await begin_session(scope, faces[Role.VIEWER], Visit("192.0.2.1"))).caller.session_id
            inbox = await house.inboxes.create(scope, NewInbox(channel=house.inboxes.channels()[0].name, name=name))
            await house.inboxes.change(scope, inbox.id, InboxChanges(bot_enabled=False))
            ids["inbox_id"] = inbox.id
            ids["key_id"] = (await house.identity_keys.add(scope, inbox.id)).id
            holiday = NewSpecialDay(
                first=date(2026, 10, 1), last=date(2026, 10, 7), name={"en": f"canary {name}"}, inbox_id=inbox.id
            )
            ids["special_day_id"] = (await SpecialDays(scope).add([holiday]))[0].id
            ids["contact_id"] = (await house.contacts.create(scope, ContactFields(name=f"canary {name}"))).id
            ids["other_id"] = (await house.contacts.create(scope, ContactFields(name=f"canary {name} 2"))).id
            ids["api_key_id"] = uuid4()
            await scope.connection.execute(_API_KEY, workspace.id, ids["api_key_id"], owner.person_id)
            hook = NewEndpoint(url="https://hooks.example.com/canary", events=["conversation.opened"])
            ids["endpoint_id"] = (await house.webhooks.create(scope, hook, owner.person_id)).endpoint.id
            ids["delivery_id"] = uuid4()
            await scope.connection.execute(_DELIVERY, workspace.id, ids["delivery_id"], ids["endpoint_id"])
            ids["receipt_id"] = uuid4()
            await scope.connection.execute(_RECEIPT, workspace.id, ids["receipt_id"], inbox.id)
        await self._talk(workspace, ids)
        await self._write(workspace, ids, name)
        made = Company(workspace=workspace, inbox_key=inbox.key, ids=ids, faces=faces)
        begun = await self.door().post("/visitor/v1/sessions", json={"inbox_key": inbox.key})
        assert begun.is_success, begun.text
        made.visitor_token = begun.json()["token"]
        return made

    async def _talk(self, workspace: Workspace, ids: dict[str, UUID]) -> None:
        house = self.house
        new = NewConversation(inbox_id=ids["inbox_id"], contact_id=ids["contact_id"], status=Status.WAITING)
        conversation = await house.conversations.find_or_open(workspace.id, new)
        ids["conversation_id"] = conversation.id
        author = Author(AuthorKind.CONTACT, ids["contact_id"], "canary")
        item = NewMessage(conversation_id=conversation.id, author=author, text="canary 邮费多少", client_id="first")
        ids["message_id"] = (await house.conversations.post(workspace.id, item)).message.id
        ids["turn_id"], ids["unanswered_id"], ids["notification_id"] = uuid4(), uuid4(), uuid4()
        ids["promise_id"] = uuid4()
        async with self.database.scope(workspace.id) as scope:
            asked = NewTicket(conversation_id=conversation.id, client_id="first", subject="canary 邮费")
            ids["ticket_id"] = (await house.tickets.open(scope, asked, Author(AuthorKind.AGENT, ids["person_id"]))).id
            await scope.connection.execute(_PROVEN, workspace.id, ids["contact_id"])
            await house.commerce.add_orders(scope, [order(SHOPPER, utc_now(), number=ORDER)])
            for kind, statement in _LEARNT.items():
                ids[kind] = uuid4()
                await scope.connection.execute(statement, workspace.id, ids[kind])
            await scope.connection.execute(_PROMISE, workspace.id, ids["promise_id"], conversation.id)
            await scope.connection.execute(_TURN, workspace.id, ids["turn_id"], conversation.id, uuid4())
            await scope.connection.execute(_UNANSWERED, workspace.id, ids["unanswered_id"])
            await scope.connection.execute(_NOTIFICATION, workspace.id, ids["notification_id"], ids["person_id"])

    async def _write(self, workspace: Workspace, ids: dict[str, UUID], name: str) -> None:
        knowledge = self.house.knowledge
        async with self.database.scope(workspace.id) as scope:
            ids["category_id"] = (await knowledge.categories.create(scope, NewCategory(name={"en": f"canary {name}"}))).id
            faq = NewFaq(language="en", question=f"canary {name}: how much is postage?", answer="Five.", publish=True)
            ids["faq_id"] = (await knowledge.faqs.create(scope, faq, None)).id
            ids["article_id"] = (await knowledge.articles.create(scope, NewArticle())).id
            text = TranslationText(title=f"canary {name}", body="Tea.")
            await knowledge.articles.save(scope, (ids["article_id"], "en"), text, None)
            await knowledge.articles.publish(scope, ids["article_id"], "en")
            snippet = NewSnippet(shortcut="hi", title="Hello", body={"en": "Hello"})
            ids["snippet_id"] = (await knowledge.snippets.create(scope, snippet)).id
            new = NewImport(file_name="faq.csv", data=b"question,answer\nq,a\n")
            ids["import_id"] = (await knowledge.imports.begin(scope, new, None)).id
            stored = await self.house.files.store(scope, "tea.txt", b"oolong", owner=ids["person_id"])
            ids["file_id"] = stored.id
            flows = self.house.bot.flows
            ids["flow_id"] = (await flows.create(scope, NewFlow(shipped="logistics"))).flow.id
            await flows.publish(scope, ids["flow_id"], None)
            await flows.tools.set_hosts(scope, ["api.example.com"])
            tool = HttpToolDefinition(name="canary_tool", title={"zh": name, "en": name}, url="https://api.example.com/x")
            ids["tool_id"] = (await flows.tools.save_http_tool(scope, None, SavedHttpTool(definition=tool))).id

    async def close(self) -> None:
        """Let go of what the house holds."""
        await self.house.writer.stop()
        self.house.bot.close()


@contextlib.asynccontextmanager
async def open_stage(database: Database, dsn: str) -> AsyncIterator[Stage]:
    """A filled stage for one module of tests."""
    with tempfile.TemporaryDirectory(prefix="qiao-stage-") as folder:
        stage = Stage(database, dsn, Path(folder))
        await stage.fill()
        yield stage
        await stage.close()


def _caller(workspace: Workspace, face: Face) -> Caller:
    return Caller(
        workspace_id=workspace.id,
        person_id=face.person_id,
        session_id=uuid4(),
        name=face.name,
        role=face.role,
        permissions=frozenset(),
        locale="zh",
    )


def problem_of(answer: httpx.Response) -> str:
    """What is wrong with an answer that refuses: "" for problem details with a code that tell nothing of the inside."""
    if answer.status_code < 400:
        return f"{answer.status_code} instead of a refusal"
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.headers.get("content-type", "") != "application/problem+json":
        return f"{answer.status_code} as {answer.headers.get('content-type')}"
    return leak_of(answer)


def leak_of(answer: httpx.Response) -> str:
    """What an answer tells of the inside of the program."""
    body: dict[str, Any] = answer.json()
    if not isinstance(body.get("code"), str) or body.get("status") != answer.status_code:
        return f"no code in {answer.text[:200]}"
    text = answer.text
    for word in (
        "Traceback",
        "asyncpg",
        "site-packages",
        "/src/",
        ".py",
        "select ",
        "insert into",
        "relation ",
        "litestar",
        "msgspec",
    ):
        if word in text:
            return f"tells of {word!r}: {text[:300]}"
    return ""


def listed(wrong: list[Any]) -> str:
    """What went wrong, one a line, for the message of a failed test."""
    return "\n" + "\n".join(str(one)[:400] for one in wrong[:60])
