"""Instagram: what every page promises, and what is its own: bytes, public files, its errors."""

from pathlib import Path

import pytest

from qiao.channels.instagram.adapter import Adapter
from qiao.channels.instagram.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.channels.tests.page_suite import PageSuite
from qiao.ports.channel import Channel, NeedsReauth, Rejected, Retry, Sent
from qiao.ports.testing.simulating import Fault

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")


class TestInstagram(PageSuite):
    channel = "instagram"

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(MANIFEST)

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    async def test_as_much_chinese_as_is_allowed_fits_into_its_bytes(self, adapter, simulator, account, wire) -> None:
        text = "茶" * adapter.manifest.max_text
        assert isinstance(await adapter.send(self.reply(text=text), account, wire), Sent)
        assert simulator.shown(self.customer)[-1].text == text

    async def test_a_type_is_named_only_with_a_tag(self, adapter, simulator, account, wire) -> None:
        await adapter.send(self.reply(), account, wire)
        assert set(simulator.asked[-1].json()) == {"recipient", "message"}
        await adapter.send(self.reply(tagged=True), account, wire)
        assert simulator.asked[-1].json()["tag"] == "HUMAN_AGENT"

    async def test_comments_of_a_live_video_come_too(self, adapter, simulator, account) -> None:
        comment = {"id": "1", "address": "7001", "name": "yutong", "text": "哪里买", "post": "9", "parent": ""}
        simulator.comment_change = lambda verb, one: {**Simulator.comment_change(simulator, verb, one), "field": "live_comments"}
        await simulator.public("add", comment)
        (told,) = self.told(adapter, simulator, account)
        assert (told.text, told.sender.name, told.thread.post_id) == ("哪里买", "yutong", "9")

    @pytest.mark.parametrize(
        ("status", "code", "subcode", "end"),
        [
            (400, 10, 2534022, Rejected("window_closed")),
            (400, 100, 2534014, Rejected("unknown_address")),
            (400, 100, 2534001, Rejected("blocked")),
            (400, 551, 0, Rejected("blocked")),
            (400, 10900, 0, Rejected("already_answered")),
            (400, 4, 0, Retry(30.0, "rate_limited")),
            (400, 190, 0, NeedsReauth("said")),
            (400, 36000, 0, Rejected("said")),
        ],
    )
    async def test_each_code_has_its_meaning(self, status, code, subcode, end, adapter, simulator, account, wire) -> None:
        simulator.refusals = {Fault.BLOCKED: (status, code, "said", subcode)}
        simulator.go_wrong(Fault.BLOCKED)
        assert await adapter.send(self.reply(), account, wire) == end
