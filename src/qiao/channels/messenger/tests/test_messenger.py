"""Messenger: what every page promises, and what the Send API's own answers mean."""

from pathlib import Path

import pytest

from qiao.channels.messenger.adapter import Adapter
from qiao.channels.messenger.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.channels.tests.page_suite import PageSuite
from qiao.ports.channel import Channel, MessageEdited, MessageRecalled, NeedsReauth, Rejected, Reported, Retry
from qiao.ports.testing.simulating import Fault

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")


class TestMessenger(PageSuite):
    channel = "messenger"

    @pytest.fixture
    def adapter(self) -> Channel:
        return Adapter(MANIFEST)

    @pytest.fixture
    def simulator(self, adapter: Channel) -> Simulator:
        return Simulator(adapter.manifest)

    async def test_comments_that_were_changed_or_deleted_are_told(self, adapter, simulator, account) -> None:
        comment = {"id": "778899_1", "address": "7001", "name": "林", "text": "改过了", "post": "778899", "parent": ""}
        await simulator.public("edited", comment)
        (edited,) = self.told(adapter, simulator, account)
        await simulator.public("remove", comment)
        (removed,) = self.told(adapter, simulator, account)
        await simulator.public("hide", comment)
        assert self.told(adapter, simulator, account) == []
        assert (type(edited), edited.text, type(removed)) == (MessageEdited, "改过了", MessageRecalled)
        assert {edited.provider_id, removed.provider_id} == {"778899_1"}

    async def test_the_address_of_the_post_comes_along(self, adapter, simulator, account) -> None:
        await simulator.customer_comments("7001", "好看")
        assert self.told(adapter, simulator, account)[0].thread.post_url == "https://www.facebook.com/lanting/posts/778899"

    async def test_what_was_delivered_is_told_for_each_message(self, adapter, simulator, account) -> None:
        await simulator.event("7001", {"delivery": {"mids": ["m_1", "m_2"], "watermark": 1}})
        told = self.told(adapter, simulator, account)
        assert [(type(one), one.provider_id, one.state) for one in told] == [
            (Reported, "m_1", "delivered"),
            (Reported, "m_2", "delivered"),
        ]

    async def test_an_upload_keeps_its_name_and_quotes(self, adapter, simulator, account, wire) -> None:
        await self.test_a_file_of_ours_is_shown("file", adapter, simulator, account, wire)
        assert simulator.shown(self.customer)[-1].name == "发票.pdf"

    @pytest.mark.parametrize(
        ("status", "code", "subcode", "end"),
        [
            (400, 10, 2018278, Rejected("window_closed")),
            (400, 10, 2018065, Rejected("window_closed")),
            (400, 10, 0, NeedsReauth("said")),
            (400, 551, 0, Rejected("blocked")),
            (400, 200, 1545041, Rejected("blocked")),
            (400, 100, 2018001, Rejected("unknown_address")),
            (400, 100, 2018109, Rejected("too_large")),
            (400, 100, 0, Rejected("said")),
            (400, 10900, 0, Rejected("already_answered")),
            (400, 10903, 0, Rejected("window_closed")),
            (400, 613, 0, Retry(30.0, "rate_limited")),
            (500, 1200, 0, Retry(60.0, "the provider is not there")),
            (400, 190, 460, NeedsReauth("said")),
        ],
    )
    async def test_each_code_has_its_meaning(self, status, code, subcode, end, adapter, simulator, account, wire) -> None:
        simulator.refusals = {Fault.BLOCKED: (status, code, "said", subcode)}
        simulator.go_wrong(Fault.BLOCKED)
        assert await adapter.send(self.reply(), account, wire) == end
