"""Names of people in Feishu: from the address book, where the app may read it."""

from pathlib import Path

import pytest

from qiao.channels.feishu.adapter import Adapter
from qiao.channels.feishu.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Retry, Sender
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = Sender(address="ou_yutong")


class Wire(SayingWire):
    """With a token, and one answer to everything."""

    async def token(self, name, fetch, *, stale=None):
        return "a token"


async def told(wire, simulator=None):
    simulator = simulator or Simulator(MANIFEST)
    return await Adapter(MANIFEST).introduce(HER, {}, simulator.account(), wire)


async def test_somebody_of_the_company():
    simulator = Simulator(MANIFEST)
    await simulator.customer_writes(HER.address, "在吗", name="嘉禾")
    assert await told(MemoryWire(simulator), simulator) == Sender(address=HER.address, name="嘉禾")


async def test_somebody_of_elsewhere():
    simulator = Simulator(MANIFEST)
    assert await told(MemoryWire(simulator), simulator) is None


@pytest.mark.parametrize(
    ("user", "name"), [({"name": "林语桐", "en_name": "Yutong"}, "林语桐"), ({"name": "", "en_name": "Yutong"}, "Yutong")]
)
async def test_either_name_will_do(user, name):
    assert (await told(Wire(200, {"code": 0, "data": {"user": user}}))).name == name


@pytest.mark.parametrize("answer", [{"code": 0}, {"code": 0, "data": {}}, {"code": 0, "data": {"user": {"open_id": "ou_1"}}}])
async def test_an_app_that_may_not_read_names_is_told_none(answer):
    assert await told(Wire(200, answer)) is None


@pytest.mark.parametrize("code", [41050, 99991672, 41012, 40004])
async def test_a_refusal_leaves_the_number(code):
    assert await told(Wire(400, {"code": code, "msg": "no user authority error"})) is None


@pytest.mark.parametrize(("status", "answer"), [(200, b"<html>"), (400, {"code": 99991400}), (429, {}), (502, b"")])
async def test_what_may_pass_is_asked_again(status, answer):
    assert isinstance(await told(Wire(status, answer)), Retry)


async def test_a_token_that_ran_out_is_fetched_anew():
    simulator = Simulator(MANIFEST)
    await simulator.customer_writes(HER.address, "在吗")
    wire = MemoryWire(simulator)
    await told(wire, simulator)
    simulator.tokens += 1
    assert (await told(wire, simulator)).name == "林语桐"
