"""Customers and colleagues who write without end and keep the history. What is not acknowledged is sent again under the same client id.

They never give up: a node that is gone is left for another, an error is waited out, and only a refusal for certain ends a message.
"""

import asyncio
import random
from typing import Any, Self

import httpx
import websockets
from faults.harness.history import History, Operation, Seen, Stored
from faults.harness.targets import Company, Target
from support.desk import Agent, Visitor

ANSWER_SECONDS = 5.0
_AWAY = (websockets.WebSocketException, httpx.HTTPError, OSError, TimeoutError, AssertionError)
_WAIT_AND_TRY = {"qiao.too_many", "db.unavailable", "db.storage_full", "qiao.unavailable"}
"""Refusals that say: later. Nothing is known of the message, so it is sent again."""


class Writer:
    """Somebody who writes; told what to write next by `Load`."""

    def __init__(self, load: "Load", name: str, company: int) -> None:
        self.load = load
        self.name = name
        self.company: Company = load.target.companies[company]
        self.company_number = company
        self.node = load.chance.randrange(len(load.target.nodes))
        self.refusals: list[str] = []

    def elsewhere(self) -> None:
        """Turn to the next node: this one does not answer."""
        self.node = (self.node + 1) % len(self.load.target.nodes)

    async def run(self) -> None:
        """Write until told to stop, then until nothing is open."""
        while not self.load.stopping:
            operation = self.begin()
            if operation is not None:
                await self.carry_through(operation)
            await asyncio.sleep(self.load.chance.uniform(0, 2 * self.load.pause))

    def begin(self) -> Operation | None:
        """The next thing to write, when there is one."""
        raise AssertionError("of a writer")

    async def attempt(self, operation: Operation) -> bool:
        """Send once; whether it came to an end."""
        raise AssertionError("of a writer")

    async def carry_through(self, operation: Operation) -> None:
        """Send until it is answered for certain."""
        pause = 0.02
        while not self.load.given_up:
            operation.attempts += 1
            try:
                if await self.attempt(operation):
                    return
            except _AWAY as error:
                self.load.history.unsure(operation, f"{type(error).__name__}: {error}"[:200])
                self.elsewhere()
                await self.leave()
            await asyncio.sleep(self.load.chance.uniform(0, pause))
            pause = min(pause * 2, 0.5)

    async def leave(self) -> None:
        """Let go of a connection that failed."""


class Customer(Writer):
    """Writes over a socket, and keeps what the socket showed."""

    def __init__(self, load: "Load", name: str, company: int) -> None:
        super().__init__(load, name, company)
        self.visitor: Visitor | None = None
        self.conversation = ""
        self.frames: list[dict[str, Any]] = []
        self._open = False

    def begin(self) -> Operation:
        """A message."""
        return self.load.history.invoke("message", self.company.id, self.name, canary=self.company.canary)

    async def attempt(self, operation: Operation) -> bool:
        """Send, and listen until this one is answered."""
        visitor = await self._connected()
        await visitor.send(operation.text, operation.client_id)
        while True:
            frame = await visitor.receive_any(ANSWER_SECONDS)
            self.frames.append(frame)
            if frame["type"] == "ack" and frame["client_id"] == operation.client_id:
                self.conversation = frame["conversation_id"]
                self.load.history.ok(operation, frame["seq"], self.conversation)
                return True
            if frame["type"] == "refused" and frame["client_id"] == operation.client_id:
                return await self._refused(operation, frame)

    async def _refused(self, operation: Operation, frame: dict[str, Any]) -> bool:
        self.refusals.append(frame["code"])
        if frame["code"] in _WAIT_AND_TRY:
            self.load.history.unsure(operation, frame["code"])
            await asyncio.sleep(min(frame.get("retry_after", 0.2), 0.5))
            return False
        self.load.history.fail(operation, frame["code"])
        return True

    async def _connected(self) -> Visitor:
        if self.visitor is None:
            self.visitor = await self.load.target.visitor(self.node, self.company_number)
        elif not self._open:
            self.visitor.desk = self.load.target.nodes[self.node]
            await self.visitor.connect()
        self._open = True
        return self.visitor

    async def leave(self) -> None:
        """The next attempt connects anew."""
        self._open = False
        if self.visitor is not None and self.visitor.socket is not None:
            self.visitor.cut()

    async def catch_up(self) -> None:
        """Connect once more and take what was missed."""
        if self.visitor is not None:
            await self.leave()
            await self._connected()

    def seen(self) -> Seen:
        """What this customer was shown, put together by number as a widget does."""
        shown = sorted(self.visitor.messages.items()) if self.visitor else []
        rows = [_row(self.company.id, self.conversation, message) for _, message in shown]
        raw = str([message for _, message in shown]) + str(self.frames)
        # After `recovered: false` a widget reloads; what it had been shown before then is no whole.
        told = self.visitor.recovered[1:] if self.visitor else [False]
        return Seen(
            workspace=self.company.id,
            where=f"the socket of {self.name}",
            rows=tuple(rows),
            raw=raw,
            whole_of=frozenset({self.conversation} if all(told) else ()),
            acknowledged=frozenset((self.conversation, seq) for seq in (self.visitor.acked.values() if self.visitor else ())),
        )


class Colleague(Writer):
    """Answers customers over HTTP, and hears the company's facts on a socket."""

    def __init__(self, load: "Load", name: str, company: int, who: str) -> None:
        super().__init__(load, name, company)
        self.who = who
        self.agent: Agent | None = None

    def begin(self) -> Operation | None:
        """A reply to one of the company's customers who has written already."""
        talks = [one.conversation for one in self.load.customers if one.company is self.company and one.conversation]
        if not talks:
            return None
        to = self.load.chance.choice(talks)
        return self.load.history.invoke("reply", self.company.id, self.name, canary=self.company.canary, to=to)

    async def attempt(self, operation: Operation) -> bool:
        """Post, and read the answer."""
        agent = await self._signed_in()
        body = {"client_id": operation.client_id, "text": operation.text}
        answer = await agent.http.post(
            f"/api/v1/conversations/{operation.conversation}/messages", json=body, timeout=ANSWER_SECONDS
        )
        if answer.status_code < 300:
            self.load.history.ok(operation, answer.json()["seq"], operation.conversation)
            return True
        code = answer.json().get("code", str(answer.status_code))
        self.refusals.append(code)
        self.load.history.unsure(operation, f"{answer.status_code} {code}")
        if 400 <= answer.status_code < 500 and answer.status_code not in {401, 429}:
            self.load.history.fail(operation, code)
            return True
        self.elsewhere()
        agent.http.base_url = self.load.target.nodes[self.node].url
        return False

    async def _signed_in(self) -> Agent:
        if self.agent is None:
            self.agent = await self.load.target.agent(self.who, self.node, self.company_number)
        return self.agent

    async def leave(self) -> None:
        """The next attempt goes to another node, with the same session."""
        if self.agent is not None:
            self.agent.http.base_url = self.load.target.nodes[self.node].url


class Load:
    """Everybody who writes. `async with Load(target, seed) as load: ...` writes meanwhile and settles at the end."""

    def __init__(self, target: Target, seed: int, *, customers: int = 4, colleagues: int = 2, pause: float = 0.02) -> None:
        self.target = target
        self.chance = random.Random(seed)
        self.history = target.history = target.history or History(seed)
        self.pause = pause
        self.stopping = False
        self.given_up = False
        self.customers = [Customer(self, f"c{number}", number % 2) for number in range(customers)]
        whos = ("agent", "owner")
        self.colleagues = [Colleague(self, f"a{number}", number % 2, whos[number // 2 % 2]) for number in range(colleagues)]
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(one.run()) for one in (*self.customers, *self.colleagues)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.given_up = True
        await self.settle()

    async def until(self, acknowledged: int, seconds: float = 60) -> None:
        """Wait until so many messages are acknowledged."""
        async with asyncio.timeout(seconds):
            while len([one for one in self.history.operations if one.seq is not None]) < acknowledged:
                self._rethrow()
                await asyncio.sleep(0.01)

    async def more(self, number: int, seconds: float = 60) -> None:
        """Wait until so many further messages are acknowledged: it goes on."""
        await self.until(len([one for one in self.history.operations if one.seq is not None]) + number, seconds)

    async def settle(self, seconds: float = 60) -> None:
        """No new messages; every open one is sent until it is answered. What is still open after `seconds` stays `info`."""
        self.stopping = True
        _done, open_still = await asyncio.wait(self._tasks, timeout=seconds) if self._tasks else (set(), set())
        self.given_up = True
        for task in open_still:
            task.cancel()
        await asyncio.gather(*open_still, return_exceptions=True)
        self._rethrow()

    @property
    def refusals(self) -> list[str]:
        """The codes with which anybody was refused."""
        return [code for one in (*self.customers, *self.colleagues) for code in one.refusals]

    def _rethrow(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error


def _row(workspace: str, conversation: str, message: dict[str, Any]) -> Stored:
    return Stored(
        workspace=workspace,
        conversation=message.get("conversation_id", conversation) or conversation,
        seq=message["seq"],
        id=message["id"],
        client_id=message.get("client_id") or "",
        author_kind=message["author"]["kind"],
        text=message.get("text") or "",
    )
