"""Names of people in Slack: which of theirs is taken, and what it means that none is told."""

from pathlib import Path

import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.slack_app.adapter import Adapter
from qiao.channels.slack_app.simulator import Simulator
from qiao.ports.channel import Retry, Sender
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
HER = Sender(address="U0YUTONG")


async def told(wire, simulator=None):
    simulator = simulator or Simulator(MANIFEST)
    return await Adapter(MANIFEST).introduce(HER, {}, simulator.account(), wire)


def member(**user):
    return SayingWire(200, {"ok": True, "user": user})


async def test_somebody_of_the_workspace():
    simulator = Simulator(MANIFEST)
    await simulator.customer_writes(HER.address, "在吗", name="嘉禾")
    assert await told(MemoryWire(simulator), simulator) == Sender(address=HER.address, name="嘉禾", locale="zh-CN")


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"name": "yutong", "real_name": "林语桐", "profile": {"display_name": "桐", "real_name": "林语桐"}}, "桐"),
        ({"name": "yutong", "real_name": "林语桐", "profile": {"display_name": "", "real_name": "语桐"}}, "语桐"),
        ({"name": "yutong", "real_name": "林语桐"}, "林语桐"),
        ({"name": "yutong"}, "yutong"),
    ],
)
async def test_the_name_that_they_chose_comes_first(user, name):
    assert (await told(member(**user))).name == name


async def test_an_address_of_a_profile_is_no_proof():
    """Attack 37: an administrator may write any address into a profile."""
    given = await told(member(name="yutong", profile={"email": "boss@example.com", "phone": "+8613900002001"}))
    assert (given.proofs, given.email, given.phone) == ((), None, None)


@pytest.mark.parametrize("error", ["user_not_found", "missing_scope", "invalid_auth", "user_not_visible"])
async def test_a_refusal_leaves_the_number(error):
    """Without users:read the channel goes on as it did: it is not broken."""
    assert await told(SayingWire(200, {"ok": False, "error": error})) is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, {"ok": False, "error": "ratelimited"}), (200, b"nonsense"), (429, {}), (503, {}), (200, {"ok": True, "user": "U1"})],
)
async def test_what_may_pass_is_asked_again(status, answer):
    assert isinstance(await told(SayingWire(status, answer)), Retry)


async def test_nobody_without_a_name():
    assert await told(member(id="U1")) is None
