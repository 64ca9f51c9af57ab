"""Accounts of channels: secrets go in and never come out, an inbox stands as it stands, tokens have one holder."""

import asyncio
import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest
import structlog

from qiao.app.house import House
from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound
from qiao.domains.inboxes.wire import multipart, with_query
from qiao.kit.ids import InboxId, new_id
from qiao.platform.log.read import read_after
from qiao.platform.settings import SettingsInvalid, read_settings
from qiao.ports.channel import OutboundFile, Token, WireFailed, WireRequest
from qiao.ports.testing.heron import SECRET, Heron, body_of, says, signed

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def heron(monkeypatch):
    heron = Heron()
    monkeypatch.setattr("qiao.app.house.load_channels", lambda: {**load_channels(), "heron": heron})
    return heron


class Works:
    """One inbox and its account."""

    def __init__(self, house, workspace, inbox) -> None:
        self.house, self.workspace, self.inbox = house, workspace, inbox

    async def account(self, house=None):
        house = house or self.house
        async with house.database.scope(self.workspace.id) as scope:
            return await house.accounts.account(scope, self.inbox.id)

    async def set(self, **secrets):
        async with self.house.database.scope(self.workspace.id) as scope:
            return await self.house.accounts.set_secrets(scope, self.inbox.id, secrets)

    async def wire(self, house=None):
        return (house or self.house).accounts.wire(await self.account(house))

    async def rows(self, query):
        async with self.house.database.across() as connection:
            return await connection.fetch(query, self.workspace.id)


@pytest.fixture
async def works(house, workspace):
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="heron", name="苍鹭"))
    return Works(house, workspace, inbox)


@pytest.fixture
def another_house(database, postgres_dsn, tmp_path):
    """Another process of the same installation, or (with changes) one that is set up otherwise."""

    def make(**changes):
        return House(read_settings({}, data_dir=str(tmp_path), bot_model="off", **changes), database, postgres_dsn)

    return make


async def test_an_account_is_whole_for_its_adapter(works):
    await works.set(signing=SECRET)
    account = await works.account()
    assert (account.secrets, account.settings, account.inbox_name) == ({"signing": SECRET}, {"account": "lanting"}, "苍鹭")
    assert account.hosts == {"api": "https://api.heron.example"}
    assert account.webhook_url == f"{account.origin}/in/{works.inbox.key}"
    assert len(account.signing_key) == 32


async def test_every_inbox_signs_with_a_key_of_its_own_that_stays(works, another_house):
    async with works.house.database.scope(works.workspace.id) as scope:
        second = await works.house.inboxes.create(scope, NewInbox(channel="heron", name="二"))
        other = await works.house.accounts.account(scope, second.id)
    mine = await works.account()
    assert mine.signing_key != other.signing_key
    assert (await works.account(another_house())).signing_key == mine.signing_key


async def test_an_operator_may_put_another_host_in_the_place_of_a_channels(works, another_house):
    house = another_house(channel_hosts="heron.api=http://127.0.0.1:9000/h/,heron.files=https://f.example")
    assert (await works.account(house)).hosts == {"api": "http://127.0.0.1:9000/h"}


@pytest.mark.parametrize(
    "written", ["heron=https://a.example", "heron.api=ftp://a", "heron.api=https://u@a", "a.b=https://a,", "x"]
)
def test_hosts_that_are_none_stop_the_program(written):
    with pytest.raises(SettingsInvalid, match="QIAO_CHANNEL_HOSTS"):
        read_settings({"QIAO_CHANNEL_HOSTS": written})


async def test_a_secret_is_in_no_answer_no_fact_no_row_and_no_log(works, door):
    admin, written, printed = await door("admin"), [], io.StringIO()
    path = f"/api/v1/inboxes/{works.inbox.id}"
    with structlog.testing.capture_logs() as logs, redirect_stdout(printed), redirect_stderr(printed):
        written.append((await admin.put(f"{path}/secrets", json={"signing": SECRET})).text)
        written += [(await admin.get(f"{path}{one}")).text for one in ("", "/channel", "/receipts")]
        written += [(await admin.get(one)).text for one in ("/api/v1/inboxes", "/api/v1/channels", "/api/v1/channel-health")]
        written.append((await admin.post(f"{path}/connect")).text)
        written.append((await admin.put(f"{path}/secrets", json={"nobody": SECRET})).text)
        written.append((await admin.patch(path, json={"settings": {"signing": SECRET}})).text)
        stranger = await door()
        body = body_of(says("m1", "x"))
        written.append((await stranger.post(f"/in/{works.inbox.key}", content=body, headers=signed(body))).text)
        written.append((await stranger.post(f"/in/{works.inbox.key}", content=b"x", headers=signed(b"y"))).text)
        await works.house.reception.drain(works.workspace.id)
    async with works.house.database.across() as connection:
        entries = await read_after(connection, works.workspace.id, 0)
        tables = await connection.fetch(
            "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'workspace_id'"
        )
        rows = [
            str(await connection.fetch(f"select t::text from {row['table_name']} t where workspace_id = $1", works.workspace.id))
            for row in tables
        ]
    assert SECRET not in "".join([*written, *rows, str(logs), printed.getvalue(), *(one.data for one in entries)])
    assert json.loads(written[0]) == {"secrets_set": ["signing"]}


async def test_secrets_belong_to_their_place(works):
    """A sealed secret that is moved to another inbox's row does not open there."""
    await works.set(signing=SECRET)
    async with works.house.database.scope(works.workspace.id) as scope:
        second = await works.house.inboxes.create(scope, NewInbox(channel="heron", name="二"))
        await scope.connection.execute(
            "insert into inbox_secrets (workspace_id, inbox_id, key, sealed)"
            " select workspace_id, $2, key, sealed from inbox_secrets where workspace_id = $1",
            works.workspace.id,
            second.id,
        )
        assert (await works.house.accounts.account(scope, second.id)).secrets == {}


async def test_secrets_of_another_installation_do_not_open(works, another_house):
    await works.set(signing=SECRET)
    assert (await works.account(another_house(secret_key="another key of another installation"))).secrets == {}


async def test_an_absent_secret_stays_and_an_empty_one_goes(works):
    assert await works.set(signing=SECRET, app="x") == ["app", "signing"]
    assert await works.set(app="y") == ["app", "signing"]
    assert await works.set(signing="") == ["app"]
    assert (await works.account()).secrets == {"app": "y"}


async def test_settings_and_secrets_need_the_right_and_an_inbox(works, door):
    agent = await door("agent")
    path = f"/api/v1/inboxes/{works.inbox.id}"
    answers = [await agent.put(f"{path}/secrets", json={"signing": "x"})]
    answers += [await agent.get(f"{path}/channel"), await agent.post(f"{path}/connect")]
    assert [one.status_code for one in answers] == [403, 403, 403]
    nowhere = await (await door("admin")).get(f"/api/v1/inboxes/{new_id()}/channel")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "inboxes.not_found")


async def test_the_state_of_an_inbox_over_its_life(works, door):
    admin, path = await door("admin"), f"/api/v1/inboxes/{works.inbox.id}"
    fresh = (await admin.get(f"{path}/channel")).json()
    assert (fresh["state"], fresh["secrets_set"], fresh["last_in_at"], fresh["webhook_url"]) == (
        "unconnected", [], None, f"http://127.0.0.1:8717/in/{works.inbox.key}",
    )  # fmt: skip
    await works.set(signing=SECRET)
    assert (await admin.post(f"{path}/connect")).json()["state"] == "ok"
    house, inbox_id = works.house, works.inbox.id
    async with house.database.scope(works.workspace.id) as scope:
        for act in (house.accounts.came_in, house.accounts.went_out, house.accounts.came_in):
            await act(scope, inbox_id)
        await house.accounts.broke(scope, inbox_id, "x" * 1000)
        await house.accounts.broke(scope, inbox_id, "again")
    broken = (await admin.get("/api/v1/channel-health")).json()["items"][0]
    assert (broken["state"], len(broken["reason"]), broken["last_error"]) == ("broken", 300, "again")
    assert broken["last_in_at"] and broken["last_out_at"]
    async with house.database.scope(works.workspace.id) as scope:
        await house.accounts.mended(scope, inbox_id)
        await house.accounts.mended(scope, inbox_id)
    async with house.database.across() as connection:
        names = [one.name for one in await read_after(connection, works.workspace.id, 0)]
    assert (names.count("inboxes.broken.v1"), names.count("inboxes.mended.v1")) == (1, 2)


async def test_lag_is_how_long_the_oldest_has_waited(works, door):
    stranger = await door()
    await works.set(signing=SECRET)
    for body in (b"[]", b"[ ]"):
        await stranger.post(f"/in/{works.inbox.key}", content=body, headers=signed(body))
    await works.rows("update receipts set received_at = now() - interval '90 seconds' where workspace_id = $1 returning 1")
    state = (await (await door("admin")).get(f"/api/v1/inboxes/{works.inbox.id}/channel")).json()
    assert 89 <= state["lag_seconds"] <= 120
    await works.house.reception.drain(works.workspace.id)
    state = (await (await door("admin")).get(f"/api/v1/inboxes/{works.inbox.id}/channel")).json()
    assert state["lag_seconds"] == 0


async def test_a_channel_that_is_gone_is_named_as_the_reason(works):
    works.house.accounts._channels.pop("heron")
    with pytest.raises(InboxInvalid):
        await works.account()
    async with works.house.database.scope(works.workspace.id) as scope:
        with pytest.raises(InboxNotFound):
            await works.house.accounts.account(scope, InboxId(new_id()))
        await works.house.inboxes.change(scope, works.inbox.id, InboxChanges(enabled=False))


class Fetching:
    """A provider's token endpoint."""

    def __init__(self, seconds=7200.0) -> None:
        self.asked, self.seconds = 0, seconds

    async def __call__(self):
        self.asked += 1
        number = self.asked
        await asyncio.sleep(0.05)
        return Token(f"token-{number}", self.seconds)


async def test_a_token_is_fetched_by_one_holder_over_all_processes(works, another_house):
    fetch, wires = Fetching(), [await works.wire(), await works.wire(another_house())]
    held = await asyncio.gather(*(wires[number % 2].token("access", fetch) for number in range(20)))
    assert (set(held), fetch.asked) == ({"token-1"}, 1)


async def test_a_stale_token_is_fetched_anew_once(works, another_house):
    fetch, wires = Fetching(), [await works.wire(), await works.wire(another_house())]
    first = await wires[0].token("access", fetch)
    held = await asyncio.gather(*(wires[number % 2].token("access", fetch, stale=first) for number in range(10)))
    assert (set(held), fetch.asked) == ({"token-2"}, 2)
    assert await wires[0].token("access", fetch) == "token-2"


async def test_a_token_is_not_used_to_its_last_second(works):
    fetch, wire = Fetching(seconds=1000.0), await works.wire()
    await wire.token("access", fetch)
    (row,) = await works.rows("select expires_at - now() as left from inbox_memory where workspace_id = $1")
    assert 880 <= row["left"].total_seconds() <= 900
    await works.rows("update inbox_memory set expires_at = now() where workspace_id = $1 returning 1")
    assert await wire.token("access", fetch) == "token-2"


async def test_what_fetching_raises_is_raised_and_leaves_nothing_held(works):
    wire = await works.wire()

    async def refuses():
        raise WireFailed("timeout")

    for _ in range(2):
        with pytest.raises(WireFailed):
            await wire.token("access", refuses)
    assert await wire.token("access", Fetching()) == "token-1"


class Standing(Fetching):
    """A provider's token endpoint that answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asking, self.let = asyncio.Event(), asyncio.Event()

    async def __call__(self):
        self.asking.set()
        await self.let.wait()
        return Token("late", 7200.0)


async def test_who_stands_still_while_fetching_holds_nobody_up_and_keeps_nothing_later(works, another_house):
    standing, wires = Standing(), [await works.wire(), await works.wire(another_house())]
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        late = group.create_task(wires[0].token("access", standing))
        await standing.asking.wait()
        await works.rows("update inbox_memory set expires_at = now() - interval '1 second' where workspace_id = $1")
        assert await wires[1].token("access", Fetching()) == "token-1"
        standing.let.set()
    assert late.result() == "late"
    assert await wires[0].token("access", Fetching(), stale="late") == "token-1"


async def test_providers_that_do_not_answer_hold_up_no_other_token(works):
    standing, wire = Standing(), await works.wire()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for name in "abcdef":
            group.create_task(wire.token(name, standing))
        await standing.asking.wait()
        assert await wire.token("another", Fetching()) == "token-1"
        standing.let.set()


async def test_a_token_of_secrets_that_were_replaced_meanwhile_is_not_kept(works):
    standing, wire = Standing(), await works.wire()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(wire.token("access", standing))
        await standing.asking.wait()
        await works.set(app="new")
        standing.let.set()
    assert await wire.token("access", Fetching()) == "token-1"


async def test_who_asks_late_with_secrets_that_were_replaced_leaves_no_token_to_those_with_the_new_ones(works):
    await works.set(app="old")
    late = await works.wire()
    await works.set(app="new")
    old, new = Fetching(), Fetching()
    assert (await late.token("access", old), await late.token("access", old)) == ("token-1", "token-1")
    now = await works.wire()
    assert (await now.token("access", new), await now.token("access", new)) == ("token-1", "token-1")
    assert (old.asked, new.asked) == (1, 1)


async def test_a_token_is_of_the_settings_that_it_was_fetched_with(works):
    fetch = Fetching()
    assert await (await works.wire()).token("access", fetch) == "token-1"
    async with works.house.database.scope(works.workspace.id) as scope:
        await works.house.inboxes.change(scope, works.inbox.id, InboxChanges(settings={"account": "another"}))
    assert await (await works.wire()).token("access", fetch) == "token-2"


async def test_what_has_run_out_goes_when_the_next_is_kept(works):
    wire = await works.wire()
    await wire.token("a", Fetching())
    await wire.remember("a", "memory")
    await works.rows("update inbox_memory set expires_at = now() where workspace_id = $1 and expires_at is not null returning 1")
    await wire.token("b", Fetching())
    rows = await works.rows("select name from inbox_memory where workspace_id = $1")
    assert sorted(row["name"].split(":")[-1] for row in rows) == ["a", "b"]
    assert await wire.recall("a") == "memory"


async def test_tokens_have_names_and_new_secrets_forget_them(works):
    fetch, wire = Fetching(), await works.wire()
    assert await wire.token("a", fetch) != await wire.token("b", fetch)
    await wire.remember("a", "memory")
    await works.set(app="new")
    assert await wire.token("a", fetch) == "token-3"
    assert await wire.recall("a") == "memory"


async def test_memory_is_short_sealed_and_of_one_inbox(works):
    wire = await works.wire()
    assert await wire.recall("cursor") is None
    await wire.remember("cursor", "canary-memory")
    await wire.remember("cursor", "canary-second")
    assert await wire.recall("cursor") == "canary-second"
    (row,) = await works.rows("select sealed from inbox_memory where workspace_id = $1")
    assert b"canary" not in row["sealed"]
    with pytest.raises(InboxInvalid):
        await wire.remember("cursor", "长" * 3000)


async def test_files_of_ours_are_read(works):
    async with works.house.database.scope(works.workspace.id) as scope:
        stored = await works.house.files.store(scope, "tea.txt", b"oolong", owner=None)
    file = OutboundFile(id=stored.id, kind="file", name="tea.txt", content_type="text/plain", size=6, url="x")
    assert await (await works.wire()).read_file(file) == b"oolong"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "ftp://a.example", "http://[::1]/"])
async def test_adapters_reach_the_outside_alone(works, url):
    with pytest.raises(WireFailed) as failed:
        await (await works.wire()).request(WireRequest(url=url))
    assert failed.value.reason == "refused"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "localhost", "a b", ""])
async def test_other_protocols_are_held_to_the_same_rule(works, host):
    with pytest.raises(WireFailed):
        await (await works.wire()).address(host, 993)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (WireRequest(url="/p", json={"a": "茶"}), (b'{"a":"\xe8\x8c\xb6"}', "application/json", "/p")),
        (WireRequest(url="/p", form={"a": "b c&d"}), (b"a=b+c%26d", "application/x-www-form-urlencoded", "/p")),
        (WireRequest(url="/p", body=b"raw", headers={"content-type": "x/y"}), (b"raw", "x/y", "/p")),
        (WireRequest(url="/p?z=1", query={"a": "茶&"}, method="GET"), (b"", "", "/p?z=1&a=%E8%8C%B6%26")),
    ],
)
async def test_requests_are_written_as_asked(works, another_house, asked, expected):
    seen = []

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        seen.append((body, headers.get("content-type", ""), head.split(" ")[1]))
        writer.write(b"HTTP/1.1 418 T\r\nX-Tea: Oolong\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    house = another_house(outbound_private="allow")
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    import msgspec

    answer = await (await works.wire(house)).request(msgspec.structs.replace(asked, url=origin + asked.url))
    server.close()
    assert (answer.status, answer.headers["x-tea"], answer.body) == (418, "Oolong", b"ok")
    assert seen == [expected]


def test_files_and_fields_go_in_one_body_that_names_cannot_break():
    body, kind = multipart({"chat": "1"}, {"photo": ('a"b\r\n.png', b"\x89PNG", "image/png\r\nX: y")})
    edge = kind.partition("boundary=")[2]
    assert body.count(f"--{edge}".encode()) == 3
    assert body.endswith(f"--{edge}--\r\n".encode())
    assert b'name="chat"\r\n\r\n1\r\n' in body
    assert b'filename="a%22b%0D%0A.png"\r\nContent-Type: image/pngX: y\r\n\r\n\x89PNG\r\n' in body


def test_parameters_come_after_those_that_are_there():
    assert with_query("https://a.example/x", {}) == "https://a.example/x"
    assert with_query("https://a.example/x", {"a": "1"}) == "https://a.example/x?a=1"
    assert with_query("https://a.example/x?b=2", {"a": "1"}) == "https://a.example/x?b=2&a=1"
