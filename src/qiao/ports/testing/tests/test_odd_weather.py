"""What tests of channels stand on: wires that lose answers, weather, bodies that nobody should send, simulators on a socket."""

from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given

from qiao.ports.channel import Manifest, OutboundMessage, Retry, Sent, WireAnswer, WireFailed, WireRequest
from qiao.ports.testing.hostile import mangled
from qiao.ports.testing.odd_wires import LosingWire, SayingWire
from qiao.ports.testing.persisting import MOST_TRIES, StormyWire, Weather, persisted
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault, PlatformSimulator, said

MANIFEST = Manifest(name="pigeon", tier="bronze", title={"en": "Pigeon"}, capabilities=frozenset({"text"}), max_text=10)
COO = WireRequest(url="http://platform.test/coo")
MESSAGE = OutboundMessage(key="k", conversation_id=UUID(int=1), to="loft", text="咕")
WHOLE = {"events": [{"id": "e1", "message": {"text": "咕咕", "at": 1}}], "to": "loft"}


class Pigeons(PlatformSimulator):
    """Counts what arrives."""

    def __init__(self):
        super().__init__(MANIFEST)
        self.cooed = 0

    def routes(self):
        return {"POST /coo": self._coo}

    def fault(self, fault, asked):
        return said({}, 429 if fault is Fault.RATE_LIMITED else 503)

    async def _coo(self, asked):
        self.cooed += 1
        return said({"cooed": self.cooed})


async def asked_through(*storm):
    """What each of the calls ends in, and how many arrived."""
    pigeons = Pigeons()
    wire = StormyWire(pigeons, storm)
    ends = []
    for _ in range(len(storm) + 1):
        try:
            ends.append((await wire.request(COO)).status)
        except WireFailed as failed:
            ends.append(failed.reason)
    return ends, pigeons.cooed


@pytest.mark.parametrize(
    ("weather", "end", "arrived"),
    [
        (Weather.FINE, 200, 2),
        (Weather.BROKEN, "connect", 1),
        (Weather.LOST, "timeout", 2),
        (Weather.BUSY, 429, 1),
        (Weather.TROUBLE, 503, 1),
        (Weather.NONSENSE, 200, 1),
    ],
)
async def test_every_weather_is_what_it_says_and_is_over_after_one_call(weather, end, arrived):
    assert await asked_through(weather) == ([end, 200], arrived)


async def test_a_losing_wire_loses_the_answers_it_was_told_to():
    pigeons = Pigeons()
    wire = LosingWire(pigeons, "/coo", times=2)
    for _ in range(2):
        with pytest.raises(WireFailed):
            await wire.request(COO)
    assert (await wire.request(COO)).status == 200
    assert pigeons.cooed == 3
    other = LosingWire(pigeons, "/other")
    assert (await other.request(COO)).status == 200


async def test_a_saying_wire_says_the_same_to_everything():
    wire = SayingWire(418, {"tea": "pot"}, **{"retry-after": "3"})
    assert await wire.request(COO) == WireAnswer(418, {"retry-after": "3"}, b'{"tea":"pot"}')
    assert wire.asked == [COO]


class Patient:
    """Says Retry so often, and then that it is sent."""

    def __init__(self, times):
        self.times = times
        self.tried = 0

    async def send(self, message, account, wire):
        self.tried += 1
        return Sent() if self.tried > self.times else Retry(1, "not yet")


@pytest.mark.parametrize(("times", "end"), [(0, Sent()), (7, Sent()), (1000, Retry(1, "not yet"))])
async def test_persisting_ends(times, end):
    adapter = Patient(times)
    assert await persisted(adapter, MESSAGE, None, None) == end
    assert adapter.tried == min(times, MOST_TRIES) + 1


@given(mangled(WHOLE))
def test_a_mangled_document_is_still_json_and_the_original_untouched(changed):
    assert WHOLE == {"events": [{"id": "e1", "message": {"text": "咕咕", "at": 1}}], "to": "loft"}
    assert isinstance(msgspec.json.encode(changed), bytes)
    assert isinstance(changed, dict)
    assert changed is not WHOLE


def test_a_simulator_that_begins_anew_gives_no_name_twice():
    first, second = Pigeons(), Pigeons()
    second.first_number = 5000
    names = {one.next_id(prefix) for one in (first, second) for prefix in ("m", "m", "e")}
    assert names == {"m000001", "m000002", "e000001", "m005001", "m005002", "e005001"}


@pytest.mark.slow
async def test_a_simulator_is_served_until_the_block_ends():
    pigeons = Pigeons()
    async with served(pigeons) as origin, httpx.AsyncClient() as client:
        assert (await client.post(f"{origin}/coo")).json() == {"cooed": 1}
        assert (await client.get(f"{origin}/nowhere")).status_code == 404
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(f"{origin}/coo")
    assert [one.path for one in pigeons.asked] == ["/coo", "/nowhere"]
