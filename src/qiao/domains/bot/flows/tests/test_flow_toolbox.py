"""Calls of tools: in their time, on record before and after, with no other end than the four faults; tools that admins define."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from qiao.domains.bot.errors import HttpToolInvalid, HttpToolNotFound
from qiao.domains.bot.flows.running import Call, Faulted, Returned
from qiao.domains.bot.flows.tools import toolbox as toolbox_module
from qiao.domains.bot.flows.tools.http_tools import HttpToolDefinition, SavedHttpTool
from qiao.domains.bot.flows.tools.records import ToolRows
from qiao.domains.bot.flows.tools.toolbox import Toolbox
from qiao.kit.ids import ContactId
from qiao.platform.auth.sealing import Seals
from qiao.platform.http.outbound import AddressRefused, OutboundAnswer, OutboundFailed, OutboundRequest
from qiao.ports.commerce import CommerceInvalid, CommerceRefused, CommerceUnavailable, Customer, OrderNotFound

pytestmark = pytest.mark.database
TALK, RUN = UUID(int=7), UUID(int=8)


class ShopThat:
    """A shop that does one thing, whatever it is asked; it remembers who asked."""

    def __init__(self, outcome: Any = ()) -> None:
        self.outcome = outcome
        self.customers: list[Customer] = []

    def __getattr__(self, name: str) -> Any:
        async def answer(customer: Customer, *_: Any) -> Any:
            self.customers.append(customer)
            if isinstance(self.outcome, float):
                await asyncio.sleep(self.outcome)
            if isinstance(self.outcome, Exception):
                raise self.outcome
            return self.outcome

        return answer


class Outside:
    """What an address answers, and what was sent there."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer or OutboundAnswer(200, {}, b'{"data": {"points": 5}}')
        self.sent: list[OutboundRequest] = []

    async def send(self, request: OutboundRequest) -> OutboundAnswer:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
async def outside() -> Outside:
    return Outside()


@pytest.fixture
async def shop() -> ShopThat:
    return ShopThat()


@pytest.fixture
async def box(database: Any, shop: ShopThat, outside: Outside) -> AsyncIterator[Toolbox]:
    yield Toolbox(database, shop, Seals("a-key-for-tests-0123456789abcdef"), outside)  # type: ignore[arg-type]


@pytest.fixture
async def scope(database: Any, workspace: Any) -> AsyncIterator[Any]:
    async with database.scope(workspace.id) as scope:
        yield scope


def lin(workspace: Any) -> Customer:
    return Customer(workspace_id=workspace.id, contact_id=ContactId(uuid4()), external_id="lin-1")


def calling(tool: str, visit: int = 1, **arguments: Any) -> Call:
    return Call(node="look", visit=visit, tool=tool, arguments=arguments, key=f"run:look:{visit}")


async def called(box: Toolbox, workspace: Any, call: Call) -> Returned | Faulted:
    return await box.call(workspace.id, TALK, RUN, call, lin(workspace))


async def records(database: Any, workspace: Any) -> list[Any]:
    async with database.scope(workspace.id) as scope:
        return await ToolRows(scope).of_conversation(TALK)


# --- one call -------------------------------------------------------------------------------------------------------------


async def test_a_call_answers_and_is_on_record(box: Toolbox, database: Any, workspace: Any) -> None:
    event = await called(box, workspace, calling("orders"))
    assert event == Returned({"orders": [], "count": 0, "first": None})
    (record,) = await records(database, workspace)
    assert (record.tool, record.node, record.visit, record.writes, record.outcome) == ("orders", "look", 1, False, "ok")
    assert (record.run_id, record.key, record.arguments) == (RUN, "run:look:1", {})
    assert record.took_ms > 0


async def test_the_customer_is_the_servers_and_never_an_argument(box: Toolbox, shop: ShopThat, workspace: Any) -> None:
    refused = await called(box, workspace, calling("orders", customer="somebody-else"))
    assert isinstance(refused, Faulted)
    assert shop.customers == []
    await called(box, workspace, calling("orders"))
    assert [one.external_id for one in shop.customers] == ["lin-1"]


@pytest.mark.parametrize(
    ("error", "fault", "outcome"),
    [
        (OrderNotFound("no"), Faulted("not_found"), "not_found"),
        (CommerceRefused("no", reason="dispatched"), Faulted("refused", "dispatched"), "refused:dispatched"),
        (CommerceInvalid("no", field="order"), Faulted("invalid", "", "order"), "invalid:order"),
        (CommerceUnavailable("no", reason="timeout", retry_after=1), Faulted("unavailable", "timeout"), "unavailable:timeout"),
        (ZeroDivisionError("boom"), Faulted("unavailable", "ZeroDivisionError"), "unavailable:ZeroDivisionError"),
    ],
)
async def test_whatever_the_shop_raises_is_one_of_four_faults(
    box: Toolbox, shop: ShopThat, database: Any, workspace: Any, error: Exception, fault: Faulted, outcome: str
) -> None:
    shop.outcome = error
    assert await called(box, workspace, calling("orders")) == fault
    assert [one.outcome for one in await records(database, workspace)] == [outcome]


async def test_a_tool_that_takes_too_long_is_given_up(
    box: Toolbox, shop: ShopThat, workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox_module, "TOOL_SECONDS", 0.05)
    shop.outcome = 5.0
    assert await called(box, workspace, calling("orders")) == Faulted("unavailable", "timeout")


async def test_a_tool_that_is_not_there_is_unavailable_and_on_record(box: Toolbox, database: Any, workspace: Any) -> None:
    assert await called(box, workspace, calling("launch")) == Faulted("unavailable", "no_tool")
    assert [(one.tool, one.outcome) for one in await records(database, workspace)] == [("launch", "unavailable:no_tool")]


async def test_only_what_writes_says_that_it_wrote(database: Any, workspace: Any) -> None:
    from qiao.domains.bot.flows.tests.shipped_talks import real_order

    box = Toolbox(database, ShopThat(real_order()), None, None)  # type: ignore[arg-type]
    read = await called(box, workspace, calling("order", order="LT1"))
    wrote = await called(box, workspace, calling("change_address", 2, order="LT1", address="浙江省杭州市西湖区文三路 2 号"))
    assert isinstance(read, Returned)
    assert isinstance(wrote, Returned)
    assert (read.wrote, wrote.wrote) == (False, True)
    assert [one.writes for one in await records(database, workspace)] == [False, True]


async def test_calls_of_another_company_are_not_seen(box: Toolbox, database: Any, workspace: Any) -> None:
    from qiao.domains.workspaces.api import Workspaces

    await called(box, workspace, calling("orders"))
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家", "en": "Another"})
    assert await records(database, other) == []


async def test_without_a_shop_there_are_no_tools_of_one(database: Any, scope: Any) -> None:
    assert await Toolbox(database, None, None, None).specs(scope) == []


async def test_every_tool_of_the_shop_is_named_typed_and_bilingual(box: Toolbox, scope: Any) -> None:
    specs = {one.name: one for one in await box.specs(scope)}
    assert {name for name, one in specs.items() if one.writes} == {
        "change_address", "request_return", "request_invoice", "complain", "book", "cancel_appointment",
    }  # fmt: skip
    assert all(one.title["zh"] and one.title["en"] and one.description["zh"] for one in specs.values())
    types = {one.name: one.type for one in specs["order"].results}
    assert (types["total"], types["placed_at"], types["status_text"], types["items"]) == ("money", "moment", "words", "list")
    assert [(one.name, one.required) for one in specs["order"].arguments] == [("order", True), ("last4", False)]
    assert {one.name: one.type for one in specs["slots"].arguments} == {"service": "text", "day": "date"}


async def test_checking_a_flow_knows_what_each_tool_needs(box: Toolbox, scope: Any) -> None:
    known = await box.known(scope)
    assert known["request_return"].required == {"order", "reason"}
    assert "steps" in (known["request_return"].results or ())


# --- tools over HTTP ------------------------------------------------------------------------------------------------------


def points(**more: Any) -> HttpToolDefinition:
    raw = {
        "name": "points",
        "title": {"zh": "积分", "en": "Points"},
        "url": "https://api.example.com/m/{card}",
        "arguments": [{"name": "card", "where": "url"}],
        "results": [{"name": "points", "path": "data.points", "type": "number"}],
        **more,
    }
    return msgspec.convert(raw, HttpToolDefinition)


async def defined(box: Toolbox, scope: Any, definition: HttpToolDefinition | None = None, **secrets: str | None) -> Any:
    await box.set_hosts(scope, ["api.example.com"])
    saved = SavedHttpTool(definition=definition or points(), secrets=secrets)
    return await box.save_http_tool(scope, None, saved)


async def test_a_defined_tool_is_asked_with_who_the_customer_is(
    box: Toolbox, outside: Outside, database: Any, workspace: Any
) -> None:
    async with database.scope(workspace.id) as scope:
        await defined(box, scope, points(writes=True), **{"X-Key": "secret-1"})
    assert await called(box, workspace, calling("points", card="A 1")) == Returned({"points": 5}, wrote=True)
    (request,) = outside.sent
    assert request.url == "https://api.example.com/m/A%201"
    assert (request.headers["Qiao-Customer"], request.headers["Idempotency-Key"]) == ("lin-1", "run:look:1")
    assert request.headers["X-Key"] == "secret-1"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (OutboundAnswer(404, {}, b""), Faulted("not_found", "404")),
        (OutboundAnswer(422, {}, b"{}"), Faulted("invalid", "422")),
        (OutboundAnswer(403, {}, b""), Faulted("refused", "403")),
        (OutboundAnswer(500, {}, b"boom"), Faulted("unavailable", "500")),
        (OutboundAnswer(200, {}, b"<html>"), Faulted("unavailable", "broken")),
        (OutboundAnswer(200, {}, b'{"data": {"points": "many"}}'), Faulted("unavailable", "type:points")),
        (AddressRefused("no"), Faulted("unavailable", "address")),
        (OutboundFailed("no", reason="timeout"), Faulted("unavailable", "timeout")),
    ],
)
async def test_whatever_an_address_answers_is_one_of_four_faults(
    box: Toolbox, outside: Outside, database: Any, workspace: Any, answer: Any, fault: Faulted
) -> None:
    async with database.scope(workspace.id) as scope:
        await defined(box, scope)
    outside.answer = answer
    assert await called(box, workspace, calling("points", card="A1")) == fault


async def test_a_host_taken_off_the_list_is_no_longer_asked(
    box: Toolbox, outside: Outside, database: Any, workspace: Any
) -> None:
    async with database.scope(workspace.id) as scope:
        await defined(box, scope)
        await box.set_hosts(scope, [])
    assert await called(box, workspace, calling("points", card="A1")) == Faulted("unavailable", "host")
    assert outside.sent == []


async def test_secrets_are_kept_sealed_and_only_their_names_are_told(box: Toolbox, scope: Any, workspace: Any) -> None:
    shown = await defined(box, scope, **{"X-Key": "canary-secret-9"})
    assert (shown.secret_headers, [one.secret_headers for one in await box.http_tools(scope)]) == (["X-Key"], [["X-Key"]])
    stored = await scope.connection.fetchrow("select * from bot_http_tools where workspace_id = $1", workspace.id)
    assert "canary-secret-9" not in str(dict(stored))


async def test_secrets_stay_when_they_are_not_named_and_go_when_they_are_null(
    box: Toolbox, outside: Outside, database: Any, workspace: Any
) -> None:
    async with database.scope(workspace.id) as scope:
        made = await defined(box, scope, **{"X-Key": "one", "X-Other": "two"})
        await box.save_http_tool(scope, made.id, SavedHttpTool(definition=points(title={"zh": "新", "en": "New"})))
        kept = await box.save_http_tool(scope, made.id, SavedHttpTool(definition=points(), secrets={"X-Other": None}))
    assert kept.secret_headers == ["X-Key"]
    await called(box, workspace, calling("points", card="A1"))
    assert outside.sent[0].headers["X-Key"] == "one"
    assert "X-Other" not in outside.sent[0].headers


async def test_secrets_that_no_longer_open_stop_the_tool_and_nothing_else(
    box: Toolbox, outside: Outside, database: Any, workspace: Any, shop: ShopThat
) -> None:
    async with database.scope(workspace.id) as scope:
        await defined(box, scope, **{"X-Key": "one"})
    moved = Toolbox(database, shop, Seals("another-key-0123456789abcdefghij"), outside)  # type: ignore[arg-type]
    assert await called(moved, workspace, calling("points", card="A1")) == Faulted("unavailable", "no_tool")
    assert isinstance(await called(moved, workspace, calling("orders", 2)), Returned)


async def test_a_name_is_given_once_and_not_that_of_a_shops_tool(box: Toolbox, scope: Any) -> None:
    made = await defined(box, scope)
    for name in ("points", "orders"):
        with pytest.raises(HttpToolInvalid):
            await box.save_http_tool(scope, None, SavedHttpTool(definition=points(name=name)))
    again = await box.save_http_tool(scope, made.id, SavedHttpTool(definition=points(name="points")))
    assert again.id == made.id


async def test_a_tool_is_changed_and_taken_away_by_its_id(box: Toolbox, scope: Any) -> None:
    made = await defined(box, scope)
    await box.remove_http_tool(scope, made.id)
    assert await box.http_tools(scope) == []
    with pytest.raises(HttpToolNotFound):
        await box.remove_http_tool(scope, made.id)
    with pytest.raises(HttpToolNotFound):
        await box.save_http_tool(scope, made.id, SavedHttpTool(definition=points()))


async def test_a_tool_of_a_host_that_is_not_listed_is_not_saved(box: Toolbox, scope: Any) -> None:
    with pytest.raises(HttpToolInvalid) as refused:
        await box.save_http_tool(scope, None, SavedHttpTool(definition=points()))
    assert refused.value.details["field"] == "url"
    assert await box.http_tools(scope) == []


async def test_hosts_are_put_as_they_are_given(box: Toolbox, scope: Any) -> None:
    assert (await box.set_hosts(scope, ["b.example.com", "a.example.com", "a.example.com"])).hosts == [
        "a.example.com",
        "b.example.com",
    ]
    assert (await box.set_hosts(scope, ["a.example.com"])).hosts == ["a.example.com"]


async def test_a_defined_tool_stands_beside_those_of_the_shop(box: Toolbox, scope: Any) -> None:
    await defined(box, scope, points(writes=True))
    spec = next(one for one in await box.specs(scope) if one.name == "points")
    assert (spec.kind, spec.writes, [one.type for one in spec.results]) == ("http", True, ["number"])
    known = (await box.known(scope))["points"]
    assert (known.required, known.results) == ({"card"}, {"points"})


async def test_without_a_key_there_are_no_defined_tools(database: Any, scope: Any, workspace: Any) -> None:
    box = Toolbox(database, None, None, None)
    with pytest.raises(HttpToolInvalid):
        await box.save_http_tool(scope, None, SavedHttpTool(definition=points()))
    assert await box.http_tools(scope) == []
    assert await called(box, workspace, calling("points", card="A1")) == Faulted("unavailable", "no_tool")
