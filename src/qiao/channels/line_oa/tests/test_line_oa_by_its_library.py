"""LINE's own library calls the simulator and checks what it delivers: so that neither side is proven by its author alone."""

from pathlib import Path

import pytest
from linebot.v3 import SignatureValidator, WebhookParser
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import (
    ApiException,
    AsyncApiClient,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    Configuration,
    PushMessageRequest,
    ReplyMessageRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
)
from linebot.v3.webhooks import (
    FileMessageContent,
    FollowEvent,
    ImageMessageContent,
    MessageEvent,
    PostbackEvent,
    TextMessageContent,
    UnsendEvent,
)

from qiao.channels.line_oa.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault, SentFile

pytestmark = pytest.mark.slow
HIM = "U4af4980629"
SECRET = Simulator.secrets["channel_secret"]


@pytest.fixture
def simulator():
    return Simulator(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


@pytest.fixture
async def origin(simulator):
    async with served(simulator) as where:
        yield where


@pytest.fixture
async def api(origin):
    async with AsyncApiClient(Configuration(host=f"{origin}/api", access_token=Simulator.secrets["access_token"])) as client:
        yield AsyncMessagingApi(client)


def read(simulator):
    receipt = simulator.delivered[-1]
    (event,) = WebhookParser(SECRET).parse(receipt.body.decode(), receipt.headers["x-line-signature"])
    return event


async def test_it_pushes_once_for_one_retry_key(simulator, api):
    request = PushMessageRequest(to=HIM, messages=[TextMessage(text="您好")])
    sent = await api.push_message(request, x_line_retry_key="123e4567-e89b-12d3-a456-426614174000")
    with pytest.raises(ApiException) as again:
        await api.push_message(request, x_line_retry_key="123e4567-e89b-12d3-a456-426614174000")
    assert again.value.status == 409
    assert [one.provider_id for one in simulator.shown(HIM)] == [sent.sent_messages[0].id]


async def test_it_replies_once_with_the_token_it_was_given(simulator, api):
    await simulator.customer_writes(HIM, "在吗")
    event = read(simulator)
    request = ReplyMessageRequest(
        reply_token=event.reply_token, messages=[TextMessage(text="在的", quote_token=event.message.quote_token)]
    )
    await api.reply_message(request)
    with pytest.raises(ApiException) as again:
        await api.reply_message(request)
    assert again.value.status == 400
    assert [one.text for one in simulator.shown(HIM)] == ["在吗", "在的"]


async def test_it_reads_who_the_account_is_and_shows_that_somebody_writes(simulator, api):
    assert (await api.get_bot_info()).display_name == "兰亭茶器"
    await api.show_loading_animation(ShowLoadingAnimationRequest(chat_id=HIM))
    assert simulator.loading == [HIM]


async def test_it_is_told_what_is_wrong(simulator, api):
    simulator.go_wrong(Fault.CREDENTIALS_REFUSED, Fault.RATE_LIMITED)
    statuses = []
    for _ in range(2):
        with pytest.raises(ApiException) as refused:
            await api.push_message(PushMessageRequest(to=HIM, messages=[TextMessage(text="您好")]))
        statuses.append(refused.value.status)
    assert statuses == [401, 429]


async def test_it_downloads_what_a_customer_sent(simulator, origin):
    await simulator.customer_writes(HIM, file=SentFile(kind="image", data=b"\x89PNG", name="a.png", content_type="image/png"))
    event = read(simulator)
    assert isinstance(event.message, ImageMessageContent)
    configuration = Configuration(host=f"{origin}/media", access_token=Simulator.secrets["access_token"])
    async with AsyncApiClient(configuration) as client:
        assert bytes(await AsyncMessagingApiBlob(client).get_message_content(event.message.id)) == b"\x89PNG"


async def test_its_parser_reads_every_event_that_is_delivered(simulator):
    await simulator.customer_writes(HIM, "在吗")
    assert isinstance(read(simulator), MessageEvent)
    assert isinstance(read(simulator).message, TextMessageContent)
    await simulator.customer_writes(
        HIM, file=SentFile(kind="file", data=b"%PDF", name="发票.pdf", content_type="application/pdf")
    )
    assert isinstance(read(simulator).message, FileMessageContent)
    await simulator.customer_writes(HIM, "换货", option="entry-2")
    assert isinstance(read(simulator), PostbackEvent)
    assert read(simulator).postback.data == "entry-2"
    await simulator.happens(HIM, "follow", follow={"isUnblocked": False})
    assert isinstance(read(simulator), FollowEvent)
    await simulator.happens(HIM, "unsend", unsend={"messageId": "m1"})
    assert isinstance(read(simulator), UnsendEvent)


async def test_its_validator_believes_what_is_delivered_and_nothing_else(simulator):
    await simulator.customer_writes(HIM, "在吗")
    receipt = simulator.delivered[-1]
    validator = SignatureValidator(SECRET)
    assert validator.validate(receipt.body.decode(), receipt.headers["x-line-signature"])
    assert not validator.validate(receipt.body.decode() + " ", receipt.headers["x-line-signature"])
    with pytest.raises(InvalidSignatureError):
        WebhookParser("another secret").parse(receipt.body.decode(), receipt.headers["x-line-signature"])


async def test_it_is_told_who_somebody_is(simulator, api):
    await simulator.customer_writes(HIM, "在吗", name="嘉禾")
    who = await api.get_profile(HIM)
    assert (who.user_id, who.display_name, who.language) == (HIM, "嘉禾", "zh-TW")
    with pytest.raises(ApiException) as refused:
        await api.get_profile("Ustranger")
    assert refused.value.status == 404
