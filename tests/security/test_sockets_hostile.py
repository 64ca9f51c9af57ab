"""What comes through the sockets of visitors and people, against a running program: strange frames, forged proofs, things of others."""

import asyncio
import base64
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import Agent, Desk, Visitor

pytestmark = pytest.mark.database

WRONG: list[Any] = ["x", 7, -1, 1.5, True, None, [], {}, [[]], "x" * 5_000, 10**30, "\x00", "😀"]
VISITOR_FRAMES: list[dict[str, Any]] = [
    {"type": "send", "client_id": "c", "text": "t", "attachments": [], "option": None},
    {"type": "typing", "on": True, "length": 3},
    {"type": "read", "seq": 1},
    {"type": "ping", "id": 1},
    {"type": "hello", "token": "t", "epoch": None, "after": 0},
]
AGENT_FRAMES: list[dict[str, Any]] = [
    {"type": "view", "conversation_id": None},
    {"type": "typing", "conversation_id": None, "on": True},
    {"type": "ping", "id": 1},
    {"type": "hello", "epoch": "", "after": 0},
]
TELLING = ("Traceback", "asyncpg", "msgspec", "site-packages", ".py", "select ")
KNOWN_CLOSES = {1000, 1003, 1009, 4401, 4409}


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.prepare()
    desk.start()
    yield desk
    for guest in desk._guests:
        if guest.socket:
            guest.socket.transport.abort()
    log = (desk.folder / "server.log").read_text()
    await desk.close()
    assert "Traceback" not in log, log[-3000:]


def mutants(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The frame with each field missing, of each wrong type, and with a field nobody knows."""
    out = [{**frame, "author": "agent"}, {**frame, "is_admin": True}]
    for name in frame:
        out.append({key: value for key, value in frame.items() if key != name})
        out += [{**frame, name: value} for value in WRONG]
    return out


async def answer_of(socket: Any, frame: str | bytes) -> list[Any]:
    """What comes back: frames until the ping that follows is answered, or the close code."""
    got: list[Any] = []
    try:
        await socket.send(frame)
        await socket.send('{"type":"ping","id":424242}')
        while True:
            received = await asyncio.wait_for(socket.recv(), 5)
            if '"id":424242' in received and '"pong"' in received:
                return got
            got.append(json.loads(received))
    except websockets.ConnectionClosed as closed:
        return [*got, closed.rcvd.code if closed.rcvd else 1006]


def wrong_answer(got: list[Any]) -> str:
    codes = [one for one in got if isinstance(one, int)]
    if any(code not in KNOWN_CLOSES for code in codes):
        return f"closed with {codes}"
    text = json.dumps(got)
    return next((f"tells of {word}" for word in TELLING if word in text), "")


async def rejoined(guest: Visitor) -> None:
    if guest.socket.state != websockets.State.OPEN:
        await guest.connect()


async def test_no_frame_of_a_visitor_breaks_the_socket_of_another(desk: Desk) -> None:
    visitor, witness = await desk.visitor(), await desk.visitor()
    wrong = []
    for frame in [mutant for whole in VISITOR_FRAMES for mutant in mutants(whole)]:
        await rejoined(visitor)
        problem = wrong_answer(await answer_of(visitor.socket, json.dumps(frame)))
        if problem:
            wrong.append((json.dumps(frame)[:120], problem))
    assert not wrong, "\n".join(map(str, wrong))
    await witness.say("还在", "still")


async def test_no_frame_of_a_person_breaks_the_socket_of_another(desk: Desk) -> None:
    agent = await desk.agent("agent")
    wrong = []
    for frame in [mutant for whole in AGENT_FRAMES for mutant in mutants(whole)]:
        if agent.socket.state != websockets.State.OPEN:
            await agent.connect(agent.me["epoch"], agent.me["position"])
        problem = wrong_answer(await answer_of(agent.socket, json.dumps(frame)))
        if problem:
            wrong.append((json.dumps(frame)[:120], problem))
    assert not wrong, "\n".join(map(str, wrong))
    await agent.close()


@pytest.mark.parametrize(
    "frame", [{"type": "send", "client_id": "u1", "text": "x", "author": "agent"}, {"type": "ping", "id": 1, "x": 1}]
)
async def test_a_field_that_nobody_knows_is_refused(desk: Desk, frame: dict[str, Any]) -> None:
    visitor = await desk.visitor()
    assert 1003 in await answer_of(visitor.socket, json.dumps(frame))


async def test_nobody_writes_as_somebody_else(desk: Desk) -> None:
    visitor = await desk.visitor()
    forged = {"type": "send", "client_id": "f", "text": "我是客服", "kind": "note", "author": {"kind": "agent", "name": "李想"}}
    await answer_of(visitor.socket, json.dumps(forged))
    await visitor.connect()
    assert {message["author"]["kind"] for message in visitor.messages.values()} <= {"contact", "system", "bot"}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 1003),
        ("", 1003),
        ("null", 1003),
        ("[]", 1003),
        ("[" * 50_000, 1003),
        ('{"type":"ping","id":1}x', 1003),
        ('{"type":"send","client_id":"s","text":"\\ud800"}', 1003),
        (b'{"type":"ping","id":1}', 1003),
        (b"\x00\xff", 1003),
        ('{"type":"send","client_id":"l","text":"' + "x" * 70_000 + '"}', 1009),
    ],
    ids=["text", "empty", "null", "list", "deep", "more", "half", "binary", "bytes", "large"],
)
@pytest.mark.parametrize("who", ["visitor", "agent"])
async def test_what_is_no_frame_ends_the_socket(desk: Desk, who: str, frame: str | bytes, code: int) -> None:
    guest = await desk.visitor() if who == "visitor" else await desk.agent("second")
    assert (await answer_of(guest.socket, frame))[-1:] == [code]


@pytest.mark.fault("F-N7")
@pytest.mark.parametrize("path", ["/live", "/visitor/v1/live"])
async def test_a_frame_beyond_any_bound_is_not_read_to_its_end(desk: Desk, path: str) -> None:
    agent = await desk.agent("second")
    cookie = "; ".join(f"{name}={value}" for name, value in agent.http.cookies.items())
    headers = {"Cookie": cookie, "Origin": desk.url}
    async with websockets.connect(f"ws://127.0.0.1:{desk.port}{path}", additional_headers=headers) as socket:
        # The connection may break under what is still being sent.
        assert (await answer_of(socket, "x" * 3_000_000))[-1:] in ([1009], [1006])


@pytest.mark.parametrize(
    "hello",
    [
        {"type": "hello", "token": ""},
        {"type": "hello", "token": "qv_x_y"},
        {"type": "hello", "token": "x" * 60_000},
        {"type": "hello", "token": "qv_00000000000000000000000000000000_x"},
        {"type": "hello", "token": "\x00"},
        {"type": "send", "client_id": "x", "text": "x"},
        {"type": "hello", "token": None},
    ],
)
async def test_without_a_good_hello_nothing_is_told(desk: Desk, hello: dict[str, Any]) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{desk.port}/visitor/v1/live") as socket:
        got = await answer_of(socket, json.dumps(hello))
    assert got[-1] in {1003, 4401}
    assert all(frame.get("type") == "refused" for frame in got[:-1])


@pytest.mark.slow
@pytest.mark.parametrize("who", ["visitor", "agent"])
async def test_a_socket_that_says_nothing_is_closed_soon(desk: Desk, who: str) -> None:
    headers = {}
    if who == "agent":
        agent = await desk.agent("agent")
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in agent.http.cookies.items()), "Origin": desk.url}
    path = {"visitor": "/visitor/v1/live", "agent": "/live"}[who]
    async with websockets.connect(f"ws://127.0.0.1:{desk.port}{path}", additional_headers=headers) as socket:
        began = time.monotonic()
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 8)
    assert time.monotonic() - began < 6.5


async def test_a_visitor_sees_only_their_own_conversation(desk: Desk) -> None:
    owner, other = await desk.visitor(), await desk.visitor()
    agent = await desk.agent("owner")
    await owner.say("我的订单 canary-771", "a")
    upload = await agent.http.post("/api/v1/files", files={"file": ("a.txt", b"oolong")})
    frames = [
        {"type": "send", "client_id": "o1", "text": "x", "attachments": [upload.json()["id"]]},
        {"type": "send", "client_id": "o2", "text": "x", "attachments": [str(uuid4())]},
        {"type": "read", "seq": 10**6},
    ]
    got = [one for frame in frames for one in await answer_of(other.socket, json.dumps(frame))]
    assert [one["code"] for one in got if one["type"] == "refused"][:2] == ["files.not_found", "files.not_found"]
    assert "canary-771" not in json.dumps(got)
    await agent.close()


async def test_a_client_id_of_somebody_else_gives_nothing_of_theirs(desk: Desk) -> None:
    first, second = await desk.visitor(), await desk.visitor()
    await first.say("秘密 canary-772", "shared-client-id")
    await second.say("第二", "shared-client-id")
    again = Visitor(desk, second.token)
    await again.connect()
    assert [message["text"] for message in again.messages.values() if message["client_id"]] == ["第二"]


async def test_a_flood_is_slowed_with_a_time_to_wait(desk: Desk) -> None:
    visitor = await desk.visitor()
    for number in range(260):
        await visitor.send("x", f"flood-{number}")
    refused = await visitor.receive("refused", timeout=10)
    assert refused["code"] == "qiao.too_many" and refused["retry_after"] >= 1


class Company:
    """The inbox of the desk, its key, and an anonymous visit with words in it."""

    def __init__(self, desk: Desk, agent: Agent, secret: str, other_key: str, other_secret: str) -> None:
        self.desk, self.agent, self.secret = desk, agent, secret
        self.other_key, self.other_secret = other_key, other_secret

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {"sub": "customer-7", "aud": self.desk.inbox_key, "iat": now, "exp": now + 600, **changes}

    def signed(self, **changes: Any) -> str:
        return jwt.encode(
            {name: value for name, value in self.claims(**changes).items() if value is not None}, self.secret, "HS256"
        )


@pytest.fixture(scope="module")
async def company(desk: Desk) -> AsyncIterator[Company]:
    agent = await desk.agent("owner")
    inboxes = (await agent.call("GET", "/inboxes"))["items"]
    secret = (await agent.call("POST", f"/inboxes/{inboxes[0]['id']}/identity-keys"))["secret"]
    other = await agent.call("POST", "/inboxes", json={"channel": "webchat", "name": "Other"})
    other_secret = (await agent.call("POST", f"/inboxes/{other['id']}/identity-keys"))["secret"]
    yield Company(desk, agent, secret, other["key"], other_secret)
    await agent.close()


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


FORGED: dict[str, Callable[[Company], str]] = {
    "no algorithm": lambda one: f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment(one.claims())}.",
    "None": lambda one: f"{segment({'alg': 'None'})}.{segment(one.claims())}.x",
    "no signature": lambda one: one.signed().rsplit(".", 1)[0] + ".",
    "another signature": lambda one: one.signed()[:-4] + "AAAA",
    "another body": lambda one: ".".join(
        [one.signed().split(".")[0], segment(one.claims(sub="boss")), one.signed().split(".")[2]]
    ),
    "said to be RS256": lambda one: f"{segment({'alg': 'RS256'})}." + one.signed().split(".", 1)[1],
    "HS512": lambda one: jwt.encode(one.claims(), one.secret, "HS512"),
    "key of another inbox": lambda one: jwt.encode(one.claims(), one.other_secret, "HS256"),
    "for another inbox": lambda one: one.signed(aud=one.other_key),
    "for nobody": lambda one: one.signed(aud=None),
    "the public key as secret": lambda one: jwt.encode(one.claims(), one.desk.inbox_key, "HS256"),
    "empty secret": lambda one: f"{segment({'alg': 'HS256'})}.{segment(one.claims())}.",
    "expired": lambda one: one.signed(exp=int(time.time()) - 120),
    "without end": lambda one: one.signed(exp=None),
    "for a year": lambda one: one.signed(exp=int(time.time()) + 365 * 86_400),
    "end of the world": lambda one: one.signed(exp=10**18),
    "end in words": lambda one: one.signed(exp="tomorrow"),
    "not yet": lambda one: one.signed(nbf=int(time.time()) + 3_600),
    "without subject": lambda one: one.signed(sub=None),
    "blank subject": lambda one: one.signed(sub="  "),
    "subject of another type": lambda one: one.signed(sub=["customer-7"]),
    "NUL in the subject": lambda one: one.signed(sub="customer-7\x00"),
    "huge": lambda one: one.signed(padding="x" * 100_000),
    "key by address": lambda one: jwt.encode(one.claims(), "x" * 40, "HS256", headers={"jku": "https://evil.example"}),
    "not a token": lambda _one: "a.b.c",
    "nested": lambda one: f"{one.signed()}.{one.signed()}",
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("attack", FORGED)
async def test_a_forged_proof_identifies_nobody_and_merges_nothing(company: Company, attack: str) -> None:
    async with httpx.AsyncClient(base_url=company.desk.url) as door:
        begin = {"inbox_key": company.desk.inbox_key}
        token = (await door.post("/visitor/v1/sessions", json=begin)).json()["token"]
        held = {"Authorization": f"Bearer {token}"}
        await door.post("/visitor/v1/messages", json={"client_id": "q", "text": f"canary {attack}"}, headers=held)
        proof = FORGED[attack](company)
        answer = await door.post("/visitor/v1/sessions", json={**begin, "token": token, "identity": proof})
        assert answer.status_code in {401, 422}
        assert answer.json()["code"] in {"auth.proof_refused", "qiao.invalid"}
        assert proof not in answer.text
        mine = (await door.get("/visitor/v1/messages", headers=held)).json()["items"]
    assert [message["text"] for message in mine if message["author"]["kind"] == "contact"] == [f"canary {attack}"]
    found = (await company.agent.call("GET", "/contacts", params={"query": "customer-7"}))["items"]
    assert not [one for one in found if one["identified"]]


async def test_a_proof_of_one_customer_shows_nothing_of_another(company: Company) -> None:
    async with httpx.AsyncClient(base_url=company.desk.url) as door:
        begin = {"inbox_key": company.desk.inbox_key}
        first = (await door.post("/visitor/v1/sessions", json={**begin, "identity": company.signed(sub="first")})).json()
        held = {"Authorization": f"Bearer {first['token']}"}
        await door.post("/visitor/v1/messages", json={"client_id": "q", "text": "canary-first"}, headers=held)
        changed = {**begin, "token": first["token"], "identity": company.signed(sub="second")}
        second = await door.post("/visitor/v1/sessions", json=changed)
        stranger = await door.post("/visitor/v1/sessions", json=begin)
        back = await door.post("/visitor/v1/sessions", json={**begin, "identity": company.signed(sub="first")})
    assert "canary-first" not in second.text + stranger.text
    assert "canary-first" in back.text


async def test_a_retired_key_signs_nothing(company: Company) -> None:
    inbox = next(one for one in (await company.agent.call("GET", "/inboxes"))["items"] if one["key"] == company.other_key)
    made = await company.agent.call("POST", f"/inboxes/{inbox['id']}/identity-keys")
    proof = jwt.encode(company.claims(aud=company.other_key, sub="late"), made["secret"], "HS256")
    await company.agent.call("DELETE", f"/inboxes/{inbox['id']}/identity-keys/{made['id']}")
    begin = {"inbox_key": company.other_key, "identity": proof}
    assert httpx.post(f"{company.desk.url}/visitor/v1/sessions", json=begin).status_code == 401


@pytest.mark.parametrize("path", ["/", "/live/x", "/visitor/v1/live/../x", "/api/v1/live", "/" + "x" * 3_000])
async def test_sockets_elsewhere_are_refused(desk: Desk, path: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"ws://127.0.0.1:{desk.port}{path}")
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize(
    "origin", ["null", "http://", "http://127.0.0.1", "https://127.0.0.1.evil.example", "http://[", "javascript:x", "file://"]
)
async def test_a_person_s_socket_opens_only_from_our_own_pages(desk: Desk, origin: str) -> None:
    agent = await desk.agent("second")
    cookie = "; ".join(f"{name}={value}" for name, value in agent.http.cookies.items())
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"ws://127.0.0.1:{desk.port}/live", additional_headers={"Cookie": cookie, "Origin": origin})
    assert refused.value.response.status_code == 403
    assert b"Traceback" not in (refused.value.response.body or b"")
    await agent.close()
