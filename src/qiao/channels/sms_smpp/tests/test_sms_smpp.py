"""SMPP: the shared promises over real sockets, parts, reports, what comes again, and a client that others wrote."""

import asyncio
import contextlib
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from qiao.channels.registry import load_channel
from qiao.channels.sms_smpp import codec, pdu
from qiao.channels.sms_smpp.simulator import NUMBER, SYSTEM_ID, Simulator
from qiao.ports.channel import Channel, NeedsReauth, Proof, Retry, Sent
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

pytestmark = pytest.mark.slow

CHINESE_LONG = "您好，您的订单已经发出。" * 12


class TestSmpp(PlatformSuite):
    channel = "sms_smpp"
    customer = "+8613900002001"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("sms_smpp")

    @pytest.fixture
    def simulator(self, adapter):
        simulator = Simulator(adapter.manifest)
        yield simulator
        simulator.close()

    async def taken(self, simulator, adapter, account, wire):
        return list(adapter.parse(simulator.delivered[-1], account))

    @pytest.mark.parametrize("text", ["a" * 400, CHINESE_LONG, "€[]" * 100, "👋" * 80])
    async def test_a_long_text_is_one_on_the_phone(self, text, adapter, simulator, account, wire):
        sent = await adapter.send(self.reply(text=text), account, wire)
        assert [one.text for one in simulator.shown(self.customer)] == [text]
        assert adapter.counted(text, account).parts == len(sent.also) + 1
        assert len({sent.provider_id, *sent.also}) == len(codec.parts(self.reply(text=text), NUMBER)) > 1

    @pytest.mark.parametrize("text", ["a" * 400, CHINESE_LONG, "在吗"])
    async def test_a_long_text_of_the_customer_is_one(self, text, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, text)
        (message,) = await self.taken(simulator, adapter, account, wire)
        assert (message.text, message.notes, message.sender.proofs) == (text, (), (Proof("phone", self.customer),))

    async def test_who_opts_out_is_left_alone(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "退订")
        message, left = await self.taken(simulator, adapter, account, wire)
        assert (message.text, left.back, left.sender.address) == ("退订", False, self.customer)

    @pytest.mark.parametrize(("stat", "state"), [("DELIVRD", "delivered"), ("UNDELIV", "failed"), ("EXPIRED", "failed")])
    async def test_reports_find_their_message(self, stat, state, adapter, simulator, account, wire):
        sent = await adapter.send(self.reply(), account, wire)
        await simulator.report(sent.provider_id, stat)
        (told,) = await self.taken(simulator, adapter, account, wire)
        assert (told.provider_id, told.state) == (sent.provider_id, state)

    async def test_a_report_of_nothing_final_is_left_out(self, adapter, simulator, account, wire):
        await simulator.report("smsc000001", "ENROUTE")
        assert await self.taken(simulator, adapter, account, wire) == []

    @pytest.mark.parametrize(
        "settings", [{"host": ""}, {"host": "127.0.0.1"}, {"host": "127.0.0.1:0"}, {"host": "10.1.2.3:2775"}]
    )
    async def test_an_address_that_is_none_or_not_allowed(self, settings, adapter, simulator, account, wire):
        inbox = msgspec.structs.replace(account, settings={**account.settings, **settings})
        assert isinstance(await adapter.send(self.reply(), inbox, wire), NeedsReauth)

    async def test_nobody_there_is_tried_again(self, adapter, simulator, account, wire):
        simulator.close()
        assert isinstance(await adapter.send(self.reply(), account, wire), Retry)

    async def test_what_is_held_is_delivered_before_it_is_answered(self, adapter, simulator, account, wire):
        async with listening(adapter, account, wire) as stored:
            await until(lambda: simulator._centre.receivers)
            for text in ("一", CHINESE_LONG, "三"):
                await simulator.customer_writes(self.customer, text)
            await until(lambda: len(stored) == 3)
        told = [one for receipt in stored for one in adapter.parse(receipt, account)]
        assert [one.text for one in told] == ["一", CHINESE_LONG, "三"]
        assert len({one.provider_id for one in told}) == 3

    async def test_what_was_stored_and_not_answered_is_the_same_message_when_it_comes_again(
        self, adapter, simulator, account, wire
    ):
        ids = []
        for _ in range(2):
            # The centre hands the same over on each connection, as if the first answer had been lost.
            async with listening(adapter, account, wire) as stored:
                await until(lambda: simulator._centre.receivers)
                await simulator.customer_writes(self.customer, "在吗")
                await until(lambda stored=stored: stored)
            ids += [receipt.query["id"] for receipt in stored]
            await until(lambda: not simulator._centre.receivers)
        assert len(set(ids)) == 1

    async def test_the_same_words_twice_in_a_row_are_two(self, adapter, simulator, account, wire):
        async with listening(adapter, account, wire) as stored:
            await until(lambda: simulator._centre.receivers)
            for _ in range(2):
                await simulator.customer_writes(self.customer, "在吗")
            await until(lambda: len(stored) == 2)
        assert len({receipt.query["id"] for receipt in stored}) == 2

    async def test_what_could_not_be_stored_is_not_answered(self, adapter, simulator, account, wire):
        async def full(_receipt):
            raise OSError("the disk is full")

        await simulator.customer_writes(self.customer, "早")
        listening_task = asyncio.create_task(adapter.listen(account, wire, full))
        await until(lambda: simulator._centre.receivers)
        await simulator.customer_writes(self.customer, "在吗")
        with pytest.raises(OSError, match="full"):
            await listening_task
        assert wire.memory == {}

    async def test_being_refused_ends_the_listening(self, adapter, simulator, account, wire):
        simulator.go_wrong(Fault.CREDENTIALS_REFUSED)
        await asyncio.wait_for(adapter.listen(account, wire, None), 5)

    async def test_an_unfinished_session_leaves_nothing_behind(self, adapter, simulator, account, wire):
        assert isinstance(await adapter.send(self.reply(), account, wire), Sent)
        await until(lambda: not simulator._centre.open)
        assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "smpp"] == []


@contextlib.asynccontextmanager
async def listening(adapter, account, wire):
    """Bound as receiver; gives what was stored."""
    stored = []

    async def store(receipt):
        stored.append(receipt)

    task = asyncio.create_task(adapter.listen(account, wire, store))
    yield stored
    # The answer to the last one is on its way.
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(true):
    """Wait for something that is about to happen."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


def test_a_published_receipt_is_read():
    text = "id:IIIIIIIIII sub:001 dlvrd:001 submit date:0711221330 done date:0711221332 stat:DELIVRD err:000 text:Hello"
    one = pdu.Short(source="+1", destination="2", esm_class=pdu.RECEIPT, data=text.encode())
    (told,) = codec.read(pdu.Pdu(pdu.DELIVER_SM, 0, 1, one.encode()).encode(), "x", {})
    assert (told.provider_id, told.state) == ("IIIIIIIIII", "delivered")


NODE = shutil.which("node")
NO_NODE = "no Node or no web packages: `./dev run` installs both"
WEB = Path(__file__).parents[5] / "web"
CENTRE = """
const smpp = require("smpp");
const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("bind_transmitter", (pdu) => {
    const right = pdu.system_id === "lanting" && pdu.password === "teapot88";
    session.send(pdu.response({ command_status: right ? 0 : smpp.ESME_RINVPASWD }));
  });
  session.on("submit_sm", (pdu) => {
    const text = pdu.short_message.message;
    console.log(JSON.stringify({ to: pdu.destination_addr, ton: pdu.dest_addr_ton, text, udh: pdu.short_message.udh ? 1 : 0 }));
    session.send(pdu.response({ message_id: "theirs" }));
  });
  session.on("bind_receiver", (pdu) => {
    session.send(pdu.response());
    session.deliver_sm({ source_addr: "8613900002001", source_addr_ton: 1, destination_addr: "106900001",
      short_message: "茶壶漏水 👋" }, (answer) => console.log(JSON.stringify({ answered: answer.command_status })));
  });
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""


@pytest.fixture
async def centre():
    """A message centre that others wrote, in a process of its own: where it listens, and what it says."""
    process = await asyncio.create_subprocess_exec(
        str(NODE), "-e", CENTRE, cwd=WEB, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    port = int(await process.stdout.readline())
    yield port, process.stdout
    process.kill()
    await process.wait()


@pytest.mark.skipif(NODE is None or not (WEB / "node_modules" / "smpp").exists(), reason=NO_NODE)
async def test_a_message_centre_that_others_wrote_understands_us(centre):
    port, said = centre
    adapter = load_channel("sms_smpp")
    settings = {"host": f"127.0.0.1:{port}", "tls": False, "system_id": SYSTEM_ID, "number": NUMBER}
    account = Simulator(adapter.manifest).account(settings=settings)
    wire = MemoryWire()
    reply = TestSmpp().reply(to="+8613900002001", text="已发货 👋 ok")
    assert await adapter.send(reply, account, wire) == Sent(provider_id="theirs")
    told = json.loads(await said.readline())
    assert told == {"to": "8613900002001", "ton": 1, "text": "已发货 👋 ok", "udh": 0}
    wrong = msgspec.structs.replace(account, secrets={"password": "else"})
    assert isinstance(await adapter.send(reply, wrong, wire), NeedsReauth)
    async with listening(adapter, account, wire) as stored:
        await until(lambda: stored)
    assert json.loads(await said.readline()) == {"answered": 0}
    (message,) = adapter.parse(stored[0], account)
    assert (message.text, message.sender.address) == ("茶壶漏水 👋", "+8613900002001")


CLIENT = """
const smpp = require("smpp");
const [port, text] = [Number(process.argv[1]), process.argv[2]];
const session = smpp.connect({ host: "127.0.0.1", port }, () => {
  session.bind_transmitter({ system_id: "lanting", password: "teapot88" }, (bound) => {
    const submitted = { source_addr: "106900001", dest_addr_ton: 1, destination_addr: "8613900002001", short_message: text };
    session.submit_sm(submitted, (answer) => {
      console.log(JSON.stringify({ bound: bound.command_status, status: answer.command_status, id: answer.message_id }));
      session.unbind(() => process.exit(0));
    });
  });
});
"""


@pytest.mark.skipif(NODE is None or not (WEB / "node_modules" / "smpp").exists(), reason=NO_NODE)
async def test_a_client_that_others_wrote_is_understood():
    simulator = Simulator(load_channel("sms_smpp").manifest)
    port = simulator.settings["host"].split(":")[1]
    process = await asyncio.create_subprocess_exec(
        str(NODE), "-e", CLIENT, port, "已发货 👋 ok", cwd=WEB, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert json.loads(told) == {"bound": 0, "status": 0, "id": "smsc000001"}
    assert [one.text for one in simulator.shown("+8613900002001")] == ["已发货 👋 ok"]
    simulator.close()
