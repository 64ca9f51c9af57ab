"""What every channel promises whose customers write to a page and comment under its posts: subclassed by each of them."""

from datetime import timedelta
from typing import ClassVar

import msgspec
import pytest

from qiao.kit.clock import utc_now
from qiao.ports.channel import (
    Ack,
    CompanyMessage,
    Media,
    MessageRecalled,
    NeedsReauth,
    Option,
    OutboundFile,
    RawReceipt,
    Reacted,
    ReadUpTo,
    Rejected,
    Reported,
    Retry,
    Sent,
)
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault

FILE = {"id": "00000000-0000-0000-0000-000000000009", "name": "茶杯.png", "size": 9, "url": "http://desk.test/files/9"}


class PageSuite(PlatformSuite):
    """Beside `PlatformSuite`: comments, echoes, marked replies, taking back and moderation."""

    customer = "7001"
    meaning: ClassVar = {Fault.TOKEN_REVOKED: (NeedsReauth,)}

    def told(self, adapter, simulator, account):
        """What the last delivery holds."""
        return list(adapter.parse(simulator.delivered[-1], account))

    async def test_the_challenge_is_answered_with_itself(self, adapter, simulator, account) -> None:
        await simulator.challenge()
        assert adapter.verify(simulator.delivered[-1], account) == Ack(body="1158201444")

    async def test_connecting_asks_to_be_told_of_messages_and_comments(self, adapter, simulator, account, wire) -> None:
        connected = await adapter.connect(account, wire)
        assert (connected.title, set(connected.todo)) == ("兰亭茶器", {"zh", "en"})
        assert {"messages", "messaging_postbacks"} <= set(simulator.subscribed["subscribed_fields"].split(","))
        await adapter.disconnect(account, wire)
        assert simulator.subscribed is None

    async def test_without_a_token_nothing_is_asked(self, adapter, simulator, wire) -> None:
        assert isinstance(await adapter.connect(simulator.account(secrets={}), wire), NeedsReauth)
        assert wire.asked == []

    async def test_a_delivery_for_another_page_of_the_company_is_not_ours(self, adapter, simulator, account) -> None:
        other = msgspec.structs.replace(account, settings={**account.settings, "page_id": "1"})
        await simulator.customer_writes(self.customer, "你好")
        assert self.told(adapter, simulator, other) == []
        await simulator.customer_comments(self.customer, "好看")
        assert self.told(adapter, simulator, other) == []

    async def test_a_comment_begins_a_public_thread_and_answers_to_it_stay_there(self, adapter, simulator, account) -> None:
        first = await simulator.customer_comments(self.customer, "多少钱？", name="林语桐")
        (comment,) = self.told(adapter, simulator, account)
        assert (comment.provider_id, comment.text, comment.sender.name) == (first, "多少钱？", "林语桐")
        assert (comment.thread.key, comment.quoted) == (first, None)
        assert comment.thread.post_id.endswith("778899")
        second = await simulator.customer_comments("7002", "同问", under=first)
        (below,) = self.told(adapter, simulator, account)
        assert (below.provider_id, below.thread.key, below.quoted) == (second, first, first)
        assert below.sender.address == "7002"

    async def test_what_the_page_itself_comments_does_not_come_in(self, adapter, simulator, account) -> None:
        await simulator.customer_comments(simulator.settings["page_id"], "谢谢大家")
        assert self.told(adapter, simulator, account) == []

    async def test_an_answer_in_a_thread_is_public(self, adapter, simulator, account, wire) -> None:
        root = await simulator.customer_comments(self.customer, "多少钱？")
        offered = (Option("a", "看图"), Option("b", "私信"))
        sent = await adapter.send(self.reply(text="八十八元", options=offered, thread_key=root), account, wire)
        shown = simulator.shown(self.customer)[-1]
        assert (shown.text, shown.thread, shown.provider_id) == ("八十八元\n1. 看图\n2. 私信", root, sent.provider_id)

    async def test_an_answer_to_a_thread_that_is_gone_is_refused(self, adapter, simulator, account, wire) -> None:
        assert isinstance(await adapter.send(self.reply(thread_key="5_5"), account, wire), Rejected)
        assert simulator.shown(self.customer) == []

    async def test_a_comment_is_answered_privately_once(self, adapter, simulator, account, wire) -> None:
        root = await simulator.customer_comments(self.customer, "多少钱？")
        sent = await adapter.send(self.reply(text="私下告诉您", private_reply_to=root, thread_key=root), account, wire)
        shown = simulator.shown(self.customer)[-1]
        assert (shown.text, shown.thread, shown.provider_id) == ("私下告诉您", None, sent.provider_id)
        again = await adapter.send(self.reply(text="再说一句", private_reply_to=root), account, wire)
        assert again == Rejected("already_answered")

    async def test_files_go_into_no_thread(self, adapter, simulator, account, wire) -> None:
        root = await simulator.customer_comments(self.customer, "多少钱？")
        file = msgspec.convert({**FILE, "kind": "image", "content_type": "image/png"}, OutboundFile)
        for where in ({"thread_key": root}, {"private_reply_to": root}):
            assert await adapter.send(self.reply(text="", files=(file,), **where), account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_comments_are_hidden_shown_and_deleted(self, adapter, simulator, account, wire) -> None:
        root = await simulator.customer_comments(self.customer, "骂人的话")
        assert await adapter.moderate("hide", root, account, wire) == Sent(root)
        assert simulator.hidden == {root}
        assert await adapter.moderate("show", root, account, wire) == Sent(root)
        assert simulator.hidden == set()
        assert await adapter.moderate("delete", root, account, wire) == Sent(root)
        assert root not in simulator.comments
        assert isinstance(await adapter.moderate("delete", root, account, wire), Rejected)

    @pytest.mark.parametrize(("act", "what"), [("recall", "5_5"), ("hide", "../me"), ("delete", ""), ("delete", "5?x=1")])
    async def test_other_acts_are_refused_before_the_wire(self, act, what, adapter, account, wire) -> None:
        assert await adapter.moderate(act, what, account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_what_colleagues_wrote_elsewhere_is_shown(self, adapter, simulator, account) -> None:
        mid = await simulator.company_writes(self.customer, "我在手机上回您")
        (told,) = self.told(adapter, simulator, account)
        assert isinstance(told, CompanyMessage)
        assert (told.provider_id, told.sender.address, told.text) == (mid, self.customer, "我在手机上回您")

    @pytest.mark.parametrize(
        "ours", [{"metadata": "qiao:0190-key"}, {"app_id": 1517776481860111}, {"app_id": "1517776481860111"}]
    )
    async def test_the_echo_of_what_we_sent_ourselves_is_not(self, ours, adapter, simulator, account) -> None:
        await simulator.company_writes(self.customer, "您好", **ours)
        assert self.told(adapter, simulator, account) == []

    async def test_what_we_send_carries_our_mark(self, adapter, simulator, account, wire) -> None:
        await adapter.send(self.reply(), account, wire)
        assert simulator.asked[-1].json()["message"]["metadata"] == "qiao:0190-key"

    async def test_a_message_that_is_taken_back_is_told(self, adapter, simulator, account) -> None:
        mid = await simulator.customer_writes(self.customer, "说错了")
        await simulator.customer_recalls(self.customer, mid)
        (told,) = self.told(adapter, simulator, account)
        assert (type(told), told.provider_id) == (MessageRecalled, mid)

    async def test_a_reaction_and_its_end_are_told(self, adapter, simulator, account) -> None:
        await simulator.customer_reacts(self.customer, "m_9", "👍")
        (given,) = self.told(adapter, simulator, account)
        await simulator.customer_reacts(self.customer, "m_9", "")
        (taken,) = self.told(adapter, simulator, account)
        assert [(type(one), one.provider_id, one.emoji) for one in (given, taken)] == [
            (Reacted, "m_9", "👍"),
            (Reacted, "m_9", ""),
        ]

    async def test_what_was_seen_is_told(self, adapter, simulator, account) -> None:
        await simulator.event(self.customer, {"read": {"mid": "m_9"}})
        (one,) = self.told(adapter, simulator, account)
        assert (type(one), one.provider_id, one.state) == (Reported, "m_9", "read")
        await simulator.event(self.customer, {"read": {"watermark": 1_770_000_000_000}})
        (until,) = self.told(adapter, simulator, account)
        assert (type(until), until.sender.address, until.at.timestamp()) == (ReadUpTo, self.customer, 1_770_000_000)

    async def test_an_answer_quotes_the_message_it_answers(self, adapter, simulator, account, wire) -> None:
        mid = await simulator.customer_writes(self.customer, "多少钱")
        await adapter.send(self.reply(text="八十八元", quoted=mid), account, wire)
        assert simulator.shown(self.customer)[-1].quoted == mid
        await simulator.event(self.customer, {"message": {"mid": "m_x", "text": "好", "reply_to": {"mid": "m_y"}}})
        assert self.told(adapter, simulator, account)[0].quoted == "m_y"

    async def test_a_value_too_long_for_a_reply_comes_back_as_its_label(self, adapter, simulator, account, wire) -> None:
        await adapter.send(
            self.reply(options=(Option("v" * 1001, "第一"), Option("~2", "第二"), Option("ok", "第三"))), account, wire
        )
        assert simulator.shown(self.customer)[-1].values == ("~1", "~2", "ok")
        await simulator.customer_writes(self.customer, "第一", option="~1")
        (message,) = self.told(adapter, simulator, account)
        assert (message.text, message.option) == ("第一", None)

    async def test_a_reply_marked_as_a_persons_says_so(self, adapter, simulator, account, wire) -> None:
        lately = utc_now() - timedelta(days=6)
        assert isinstance(await adapter.send(self.reply(tagged=True, last_from_customer_at=lately), account, wire), Sent)
        body = simulator.asked[-1].json()
        assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
        await adapter.send(self.reply(), account, wire)
        assert "tag" not in simulator.asked[-1].json()

    async def test_even_a_persons_reply_may_not_go_after_seven_days(self, adapter, simulator, account, wire) -> None:
        late = utc_now() - timedelta(days=7, minutes=1)
        message = self.reply(tagged=True, last_from_customer_at=late)
        assert await adapter.send(message, account, wire) == Rejected("window_closed")
        assert wire.asked == []
        longer = msgspec.structs.replace(account, settings={**account.settings, "tagged_days": 14})
        assert isinstance(await adapter.send(message, longer, wire), Sent)

    async def test_typing_is_shown_in_private_only(self, adapter, simulator, account, wire) -> None:
        await adapter.typing(self.reply(thread_key="5_5"), account, wire)
        assert simulator.acts == []
        await adapter.typing(self.reply(), account, wire)
        assert simulator.acts == ["mark_seen", "typing_on"]
        simulator.go_wrong(Fault.CUT, Fault.SERVER_ERROR)
        await adapter.typing(self.reply(), account, wire)

    async def test_a_file_at_an_address_of_nobody_is_not_fetched(self, adapter, account, wire) -> None:
        for url in ("https://evil.example/a.png", "http://169.254.169.254/latest", ""):
            assert await adapter.fetch_media(Media(kind="image", ref={"url": url}), account, wire) == Rejected("not_allowed")
        assert wire.asked == []

    async def test_a_nobody_is_not_written_to(self, adapter, account, wire) -> None:
        assert await adapter.send(self.reply(to="nobody"), account, wire) == Rejected("unknown_address")

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"message_id": 5}'])
    async def test_a_success_that_names_no_message_is_none(self, body, adapter, account) -> None:
        assert isinstance(await adapter.send(self.reply(), account, SayingWire(200, body)), Retry)

    async def test_other_signatures_are_refused(self, adapter, simulator, account) -> None:
        await simulator.customer_writes(self.customer, "你好")
        receipt: RawReceipt = simulator.delivered[-1]
        other = msgspec.structs.replace(account, secrets={**account.secrets, "app_secret": "another"})
        with pytest.raises(Exception, match="signature"):
            adapter.verify(receipt, other)
