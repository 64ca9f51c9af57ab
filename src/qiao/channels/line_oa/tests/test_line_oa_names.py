"""Names of LINE's customers: asked for by id, and missed without harm."""

from pathlib import Path

import pytest

from qiao.channels.line_oa.adapter import Adapter
from qiao.channels.line_oa.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Retry, Sender, WireFailed
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HIM = Sender(address="U4af4980629")


@pytest.fixture
def simulator():
    return Simulator(MANIFEST)


async def told(simulator, wire, sender=HIM):
    return await Adapter(MANIFEST).introduce(sender, {}, simulator.account(), wire)


async def test_the_name_and_language_that_they_chose(simulator):
    await simulator.customer_writes(HIM.address, "在吗", name="嘉禾 ☕")
    assert await told(simulator, MemoryWire(simulator)) == Sender(address=HIM.address, name="嘉禾 ☕", locale="zh-TW")


async def test_nothing_of_a_stranger(simulator):
    assert await told(simulator, MemoryWire(simulator)) is None


async def test_an_id_names_one_place_of_the_path_only(simulator):
    wire = MemoryWire(simulator)
    assert await told(simulator, wire, Sender(address="../info?x=1")) is None
    assert wire.asked[0].url.endswith("/v2/bot/profile/..%2Finfo%3Fx%3D1")


@pytest.mark.parametrize("answer", [{"displayName": ""}, {}, {"userId": HIM.address}])
async def test_no_name_is_nothing(simulator, answer):
    assert await told(simulator, SayingWire(200, answer)) is None


@pytest.mark.parametrize(("status", "answer"), [(200, b"<html>"), (200, b"[]"), (500, {}), (429, {"message": "slow down"})])
async def test_what_makes_no_sense_is_asked_again(simulator, status, answer):
    assert isinstance(await told(simulator, SayingWire(status, answer)), Retry)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_is_taken(simulator, status):
    assert await told(simulator, SayingWire(status, {"message": "no"})) is None


async def test_a_lost_answer_is_asked_for_again(simulator):
    await simulator.customer_writes(HIM.address, "在吗")
    wire = LosingWire(simulator, HIM.address)
    assert await told(simulator, wire) == Retry(15.0, "unreached: timeout")
    assert (await told(simulator, wire)).name == "林语桐"


async def test_the_line_itself_may_be_down(simulator):
    class Down(MemoryWire):
        async def request(self, asked):
            raise WireFailed("connect")

    assert await told(simulator, Down()) == Retry(15.0, "unreached: connect")
