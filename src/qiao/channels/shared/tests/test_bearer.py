"""A token that runs out is fetched anew once, and credentials are tried when they are entered, not when they were."""

import pytest

from qiao.channels.shared.bearer import NOT_ACCEPTED, authorised, proven
from qiao.channels.shared.errcode_api import Ended
from qiao.ports.channel import NeedsReauth, Retry, Token, WireAnswer, WireFailed, WireRequest
from qiao.ports.testing.wire import MemoryWire


class Provider(MemoryWire):
    """Believes one token."""

    def __init__(self, believed="t2"):
        super().__init__()
        self.believed = believed
        self.fetched = 0

    async def request(self, asked):
        self.asked.append(asked)
        return WireAnswer(200 if asked.headers["token"] == self.believed else 401, {}, b"")

    async def fetch(self):
        self.fetched += 1
        return Token(f"t{self.fetched}", 7200)


def asking(token):
    return WireRequest(url="https://x.test", headers={"token": token})


def is_stale(answer):
    return answer.status == 401


async def test_a_token_that_is_not_believed_is_fetched_anew_once():
    wire = Provider("t2")
    answer = await authorised(wire, wire.fetch, asking, is_stale)
    assert (answer.status, wire.fetched, len(wire.asked)) == (200, 2, 2)
    await authorised(wire, wire.fetch, asking, is_stale)
    assert (wire.fetched, len(wire.asked)) == (2, 3)


async def test_when_no_token_is_believed_the_admin_is_told():
    wire = Provider("never")
    assert await authorised(wire, wire.fetch, asking, is_stale) == NOT_ACCEPTED
    assert len(wire.asked) == 2


@pytest.mark.parametrize("end", [Retry(5, "busy"), NeedsReauth("wrong secret")])
async def test_what_the_fetching_ends_in_is_the_end(end):
    async def failing():
        raise Ended(end)

    wire = Provider()
    assert await authorised(wire, failing, asking, is_stale) == end
    assert await proven(wire, failing) == end
    assert wire.asked == []


async def test_a_line_that_breaks_is_tried_again():
    class Broken(Provider):
        async def request(self, asked):
            raise WireFailed("timeout")

    wire = Broken()
    assert isinstance(await authorised(wire, wire.fetch, asking, is_stale), Retry)


async def test_credentials_are_tried_though_a_token_is_kept():
    wire = Provider()
    assert await proven(wire, wire.fetch) is None
    assert await proven(wire, wire.fetch) is None
    assert wire.fetched == 2
    assert wire.tokens == {"access": "t2"}
