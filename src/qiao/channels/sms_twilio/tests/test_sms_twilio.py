"""Twilio: the shared promises, its signature, its codes, and its own library's word."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from qiao.channels.registry import load_channel
from qiao.channels.sms_twilio import codec
from qiao.channels.sms_twilio.simulator import TOKEN, Simulator
from qiao.kit.errors import QiaoError, Refused
from qiao.ports.channel import Channel, InboundMessage, Left, NeedsReauth, Proof, RawReceipt, Rejected, Reported, Retry, Sent
from qiao.ports.testing.platform_suite import PlatformSuite
from qiao.ports.testing.simulating import Fault

PUBLISHED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}


class TestTwilio(PlatformSuite):
    channel = "sms_twilio"
    customer = "+8613900002001"

    @pytest.fixture
    def adapter(self) -> Channel:
        return load_channel("sms_twilio")

    @pytest.fixture
    def simulator(self, adapter) -> Simulator:
        return Simulator(adapter.manifest)

    @pytest.mark.parametrize(
        ("text", "told"),
        [("a" * 160, (1, "gsm7", 0)), ("a" * 161, (2, "gsm7", 145)), ("茶" * 70, (1, "ucs2", 0)), ("茶" * 71, (2, "ucs2", 63))],
    )
    def test_a_text_is_counted_by_its_alphabet(self, text, told, adapter, account):
        counted = adapter.counted(text, account)
        assert (counted.parts, counted.alphabet, counted.left) == told

    async def test_its_own_library_believes_what_the_simulator_signs(self, simulator, account):
        await simulator.customer_writes(self.customer, "你好 & hello = +1")
        (receipt,) = simulator.delivered
        validator = RequestValidator(TOKEN)
        form = codec.form_of(receipt.body)
        assert validator.validate(account.webhook_url, form, receipt.headers["x-twilio-signature"])
        assert not validator.validate(account.webhook_url, {**form, "Body": "else"}, receipt.headers["x-twilio-signature"])

    async def test_we_believe_what_its_own_library_signs(self, adapter, account):
        form = {"MessageSid": "SM1", "From": "+1", "Body": "é 中 👋"}
        signature = RequestValidator(TOKEN).compute_signature(account.webhook_url, form)
        body = "&".join(f"{name}={value}" for name, value in form.items()).replace("+", "%2B").encode()
        assert adapter.verify(RawReceipt("POST", {"x-twilio-signature": signature}, {}, body), account) is None

    async def test_a_form_that_was_touched_is_refused(self, adapter, simulator, account):
        await simulator.customer_writes(self.customer, "你好")
        (receipt,) = simulator.delivered
        elsewhere = msgspec.structs.replace(account, webhook_url="http://desk.test/in/other")
        unset = msgspec.structs.replace(account, secrets={})
        for inbox, body in ((account, receipt.body + b"&x=1"), (elsewhere, receipt.body), (unset, receipt.body)):
            with pytest.raises(Refused):
                adapter.verify(msgspec.structs.replace(receipt, body=body), inbox)

    async def test_reports_find_their_message(self, adapter, simulator, account, wire):
        sent = await adapter.send(self.reply(), account, wire)
        await simulator.report(sent.provider_id, "delivered")
        (told,) = await self.taken(simulator, adapter, account, wire)
        assert told == Reported(provider_id=sent.provider_id, state="delivered")

    async def test_who_opts_out_is_left_alone_and_may_come_back(self, adapter, simulator, account, wire):
        for word, back in (("退订", False), ("START", True)):
            await simulator.customer_writes(self.customer, word)
            message, left = await self.taken(simulator, adapter, account, wire)
            assert (message.text, left.back, left.sender.address) == (word, back, self.customer)

    async def test_the_number_is_a_proof_and_a_service_sends_as_itself(self, adapter, simulator, account, wire):
        await simulator.customer_writes(self.customer, "在吗")
        (message,) = await self.taken(simulator, adapter, account, wire)
        assert message.sender.proofs == (Proof("phone", self.customer),)
        service = msgspec.structs.replace(account, settings={**account.settings, "number": "MG123"})
        await adapter.send(self.reply(), service, wire)
        form = simulator.asked[-1].form()
        assert (form["MessagingServiceSid"], form["To"], form["StatusCallback"]) == ("MG123", self.customer, account.webhook_url)
        assert "From" not in form

    async def test_the_credentials_go_to_the_provider_only(self, adapter, simulator, account, wire):
        media = codec.read(b"MessageSid=SM1&From=%2B1&MediaUrl0=http%3A%2F%2Fevil.test%2Fx&MediaContentType0=image%2Fpng")[
            0
        ].media[0]
        await adapter.fetch_media(media, account, wire)
        assert [dict(one.headers) for one in wire.asked] == [{}]

    async def test_a_suspended_account_is_not_connected(self, adapter, simulator, account, wire):
        simulator.go_wrong(Fault.CREDENTIALS_REFUSED)
        assert isinstance(await adapter.connect(account, wire), NeedsReauth)


def test_the_published_vector():
    wanted = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert codec.signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", PUBLISHED) == wanted


@pytest.mark.parametrize(
    ("status", "code", "end"),
    [
        (400, 21211, Rejected("unknown_address")),
        (400, 21610, Rejected("blocked")),
        (400, 21617, Rejected("21617 because")),
        (401, 20003, NeedsReauth("error 20003")),
        (403, 20005, NeedsReauth("error 20005")),
        (400, 0, Retry(60.0, "the provider answered 400 without sense")),
    ],
)
def test_each_code_has_its_meaning(status, code, end):
    assert codec.result_of(status, codec.Answer(code=code, message="because")) == end


def test_an_answer_without_sense_is_never_a_success():
    assert isinstance(codec.result_of(201, None), Retry)
    assert isinstance(codec.result_of(201, codec.Answer()), Retry)
    assert codec.result_of(201, codec.Answer(sid="SM1")) == Sent(provider_id="SM1")


@pytest.mark.parametrize(
    ("state", "code", "told"),
    [
        ("delivered", "", Reported(provider_id="SM1", state="delivered")),
        ("read", "", Reported(provider_id="SM1", state="read")),
        ("undelivered", "30003", Reported(provider_id="SM1", state="failed", reason="unknown_address", permanent=True)),
        ("failed", "30004", Reported(provider_id="SM1", state="failed", reason="blocked", permanent=True)),
        ("failed", "30008", Reported(provider_id="SM1", state="failed", reason="30008")),
        ("failed", "²", Reported(provider_id="SM1", state="failed", reason="²")),
    ],
)
def test_each_state_is_told(state, code, told):
    body = f"MessageSid=SM1&MessageStatus={state}" + (f"&ErrorCode={code}" if code else "")
    assert [*codec.read(body.encode())] == [told]


@pytest.mark.parametrize(
    "body", ["MessageSid=SM1&MessageStatus=queued", "MessageSid=SM1&MessageStatus=sent", "From=%2B1&Body=x", ""]
)
def test_what_says_nothing_is_left_out(body):
    assert [*codec.read(body.encode())] == []


def test_files_have_their_kinds():
    parts = [
        f"MediaUrl{n}=u{n}&MediaContentType{n}={kind}"
        for n, kind in enumerate(["image/png", "audio/amr", "video/mp4", "text/vcard"])
    ]
    (message,) = codec.read(f"MessageSid=SM1&From=%2B1&{'&'.join(parts)}".encode())
    assert [one.kind for one in message.media] == ["image", "voice", "video", "file"]


@given(
    st.dictionaries(
        st.sampled_from(["MessageSid", "From", "Body", "MessageStatus", "ErrorCode", "MediaUrl0"]), st.text(max_size=30)
    )
)
def test_no_form_breaks_the_reader(form):
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode("utf-8", "surrogatepass")
    try:
        told = codec.read(body)
    except QiaoError:
        told = ()
    assert all(isinstance(one, InboundMessage | Left | Reported) for one in told)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body):
    try:
        codec.read(body)
    except QiaoError as error:
        assert error.code
