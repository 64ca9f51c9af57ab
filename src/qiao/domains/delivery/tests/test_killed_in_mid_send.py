"""A process that is killed while its channel has the message in hand: the next one sends the same part with the same key, and goes on."""

import asyncio
import signal
import sys

import pytest

pytestmark = [pytest.mark.database, pytest.mark.slow]

VICTIM = """
import asyncio, sys
import qiao.app.house as house_module
from qiao.domains.delivery import sending
from qiao.domains.delivery.tests.pigeon_loft import Loft, Pigeon, Route
from qiao.platform.db.database import Database
from qiao.platform.settings import read_settings
from qiao.ports.channel import Sent

dsn, folder, said, mine = sys.argv[1:]

class Slow(Pigeon):
    async def send(self, message, account, wire):
        with open(said, "a") as file:
            file.write(message.key + "\\n")
        if message.key.endswith(":0"):
            return Sent("p-first")
        if message.key.startswith(mine):
            await asyncio.sleep(60)
        return Sent("p-other")

class Everywhere(dict):
    def get(self, key):
        return Route(address="roof-1")

async def main():
    sending.TURN_SECONDS = 1.0
    house_module.load_channels = dict
    database = await Database.connect(dsn)
    loft = Loft(house_module.House(read_settings({}, data_dir=folder, bot_model="off"), database, dsn), None, Slow())
    loft.ground.routes = Everywhere()
    await loft.delivery.start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_the_part_in_hand_is_sent_again_with_its_key_and_no_other(loft, postgres_dsn, tmp_path):
    said = tmp_path / "said.txt"
    message = await loft.reply("\n\n".join("长" * 60 for _ in range(3)))
    await loft.runner.drain(loft.workspace.id)
    arguments = (postgres_dsn, str(tmp_path), str(said), str(message.id))
    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", VICTIM, *arguments)
    async with asyncio.timeout(60):
        while not said.exists() or f"{message.id}:1" not in said.read_text():
            await asyncio.sleep(0.05)
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    async with asyncio.timeout(10):
        while not loft.pigeon.given:
            await loft.delivery.drain(loft.workspace.id)
            await asyncio.sleep(0.1)
    # The victim sends for whoever has something due in this database: other tests' replies too.
    own = [key for key in said.read_text().split() if key.startswith(str(message.id))]
    assert own == [f"{message.id}:0", f"{message.id}:1"]
    assert [one.key for one in loft.pigeon.given] == [f"{message.id}:1", f"{message.id}:2"]
    assert [one.number for one in loft.pigeon.given] == [2, 3]
    assert [(one.state, one.sent) for one in await loft.states()] == [("sent", 3)]
