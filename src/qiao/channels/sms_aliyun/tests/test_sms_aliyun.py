"""Aliyun's short messages: the shared promises, the published signature, templates, every code."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.sms_aliyun import codec
from qiao.channels.sms_aliyun.simulator import PUSH_SECRET, Simulator
from qiao.kit.errors import QiaoError, Refused
from qiao.ports.channel import Channel, NeedsReauth, Proof, RawReceipt, Rejected, Retry, Sent, Template
from qiao.ports.testing.platform_suite import PlatformSuite

PUBLISHED = {
    "AccessKeyId": "testId", "Action": "SendSms", "Format": "XML", "OutId": "123", "PhoneNumbers": "15300000001",
    "RegionId": "cn-hangzhou", "SignName": "阿里云短信测试专用", "SignatureMethod": "HMAC-SHA1",
    "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466", "SignatureVersion": "1.0", "TemplateCode": "SMS_71390007",
    "TemplateParam": '{"customer":"test"}', "Timestamp": "2017-07-12T02:42:19Z", "Version": "2017-05-25",
}  # fmt: skip


class TestAliyun(PlatformSuite):
    channel = "sms_aliyun"
    customer = "+8613900002001"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("sms_aliyun")

    @pytest.fixture
    def simulator(self, adapter) -> Simulator:
        return Simulator(adapter.manifest)

    @pytest.mark.parametrize("query", [{}, {"secret": ""}, {"secret": "else"}, {"secret": PUSH_SECRET + "é"}])
    def test_a_push_without_the_secret_is_refused(self, query, adapter, account):
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {}, query, b"[]"), account)

    @pytest.mark.parametrize(
        ("name", "letters", "parts"), [("兰亭茶器", 64, 1), ("兰亭茶器", 65, 2), ("", 68, 1), ("兰亭茶器", 129, 3)]
    )
    def test_the_signature_is_paid_too_and_letters_cost_what_characters_do(self, name, letters, parts, adapter, account):
        signed = msgspec.structs.replace(account, settings={**account.settings, "sign_name": name})
        assert adapter.counted("a" * letters, signed).parts == parts
        assert adapter.counted("茶" * letters, signed) == adapter.counted("a" * letters, signed)

    def test_a_short_secret_guards_nothing(self, adapter, account):
        weak = msgspec.structs.replace(account, secrets={"push_secret": "123"})
        with pytest.raises(Refused):
            adapter.verify(RawReceipt("POST", {}, {"secret": "123"}, b"[]"), weak)

    async def test_a_template_says_its_values_in_order(self, adapter, simulator, account, wire):
        template = Template(name="SMS_2", language="zh", values=("林语桐", "LT1001"))
        assert isinstance(await adapter.send(self.reply(text="", template=template), account, wire), Sent)
        assert simulator.shown(self.customer)[-1].text == "林语桐您好，订单 LT1001 已发货。"

    async def test_free_text_without_a_template_for_it_is_said_to_need_one(self, adapter, account, wire):
        bare = msgspec.structs.replace(account, settings={**account.settings, "text_template": ""})
        assert await adapter.send(self.reply(), bare, wire) == Rejected("template_needed")
        assert wire.asked == []

    async def test_a_wrong_key_is_told(self, adapter, account, wire):
        wrong = msgspec.structs.replace(account, secrets={**account.secrets, "access_key_secret": "else"})
        assert await adapter.send(self.reply(), wrong, wire) == NeedsReauth("SignatureDoesNotMatch")

    async def test_reports_find_their_message(self, adapter, simulator, account, wire):
        sent = await adapter.send(self.reply(), account, wire)
        await simulator.report(sent.provider_id, success=True, code="DELIVERED")
        (told,) = await self.taken(simulator, adapter, account, wire)
        assert (told.provider_id, told.state, told.reason, told.permanent) == (sent.provider_id, "delivered", None, False)

    async def test_who_opts_out_is_left_alone_and_may_come_back(self, adapter, simulator, account, wire):
        for word, back in (("TD", False), ("恢复", True)):
            await simulator.customer_writes(self.customer, word)
            message, left = await self.taken(simulator, adapter, account, wire)
            assert (message.text, left.back) == (word, back)
            assert message.sender.proofs == (Proof("phone", self.customer),)

    async def test_a_list_keeps_its_order(self, adapter, simulator, account, wire):
        entry = {"phone_number": "13900002001", "send_time": "2026-11-22 16:00:00"}
        await simulator.push(*({**entry, "content": str(number), "sequence_id": number} for number in range(5)))
        told = await self.taken(simulator, adapter, account, wire)
        assert [(one.text, one.provider_id) for one in told] == [(str(number), f"up-{number}") for number in range(5)]
        assert told[0].sent_at == datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_the_published_signature():
    assert codec.signature("GET", PUBLISHED, "testSecret") == "zJDF+Lrzhj/ThnlvIToysFRq6t4="


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", Rejected("unknown_address")),
        ("isv.BLACK_KEY_CONTROL_LIMIT", Rejected("blocked")),
        ("isv.AMOUNT_NOT_ENOUGH", NeedsReauth("isv.AMOUNT_NOT_ENOUGH")),
        ("Forbidden.RAM", NeedsReauth("Forbidden.RAM")),
        ("isp.RAM_PERMISSION_DENY", NeedsReauth("isp.RAM_PERMISSION_DENY")),
        ("isp.SYSTEM_ERROR", Retry(60.0, "isp.SYSTEM_ERROR")),
        ("Throttling.User", Retry(60.0, "Throttling.User")),
        ("isv.BUSINESS_LIMIT_CONTROL", Retry(60.0, "isv.BUSINESS_LIMIT_CONTROL")),
        ("isv.SMS_TEMPLATE_ILLEGAL", Rejected("isv.SMS_TEMPLATE_ILLEGAL because")),
        ("", Retry(60.0, "the provider answered without sense")),
    ],
)
def test_each_code_has_its_meaning(code, end):
    assert codec.result_of(codec.Answer(code=code, message="because")) == end


def test_no_answer_is_no_success():
    assert isinstance(codec.result_of(None), Retry)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("13900002001", "+8613900002001"),
        ("+8613900002001", "+8613900002001"),
        ("85261234567", "+85261234567"),
        ("１3900002001", "+１3900002001"),
    ],
)
def test_numbers_are_written_as_abroad(number, written):
    assert codec.international(number) == written


@pytest.mark.parametrize(
    ("success", "code", "told"),
    [
        (False, "MK:0001", ("failed", "unknown_address", True)),
        (False, "", ("failed", "failed", False)),
        (True, "MK:0001", ("delivered", None, False)),
    ],
)
def test_reports_say_what_became(success, code, told):
    (report,) = codec.read(msgspec.json.encode([{"success": success, "err_code": code, "biz_id": "b"}]))
    assert (report.state, report.reason, report.permanent) == told


@pytest.mark.parametrize(
    "entry", [{}, {"content": "x"}, {"content": "x", "phone_number": "1"}, {"success": True}, {"biz_id": "b"}]
)
def test_what_says_nothing_is_left_out(entry):
    assert codec.read(msgspec.json.encode([entry])) == []


def test_a_template_without_names_counts_its_values():
    settings = {"sign_name": "x", "template_variables": "nonsense"}
    message = TestAliyun().reply(template=Template(name="SMS_9", language="zh", values=("a", "b")))
    assert codec.written(message, settings)["TemplateParam"] == '{"1":"a","2":"b"}'


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=5))
def test_a_signature_covers_every_field(fields):
    changed = {**fields, "extra": "1"}
    assert codec.signature("POST", fields, "s") != codec.signature("POST", changed, "s")
    assert codec.signature("POST", dict(reversed(fields.items())), "s") == codec.signature("POST", fields, "s")


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists, max_leaves=6).map(msgspec.json.encode)
)
def test_no_bytes_break_the_reader(body):
    try:
        assert all(one.provider_id for one in codec.read(body))
    except QiaoError as error:
        assert error.code
