"""Feishu's own library calls the simulator and opens what it delivers: so that neither side is proven by its author alone."""

import asyncio
import io
import logging
import warnings
from pathlib import Path

import msgspec
import pytest

from qiao.channels.feishu.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Fault, SentFile

pytestmark = pytest.mark.slow
HER = "ou_yutong"
HEADERS = {"x-lark-request-timestamp": "X-Lark-Request-Timestamp", "x-lark-request-nonce": "X-Lark-Request-Nonce"}


@pytest.fixture(scope="module")
def lark():
    """It takes seconds to import, and warns of a socket library's old names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lark_oapi
    logging.getLogger("Lark").setLevel(logging.CRITICAL)
    return lark_oapi


@pytest.fixture
def simulator():
    return Simulator(read_manifest(Path(__file__).parents[1] / "manifest.toml"))


@pytest.fixture
async def client(lark, simulator):
    lark.core.token.TokenManager.cache.set("self_tenant_token:cli_lanting", "", 0)
    async with served(simulator) as origin:
        yield (
            lark.Client.builder()
            .app_id("cli_lanting")
            .app_secret(Simulator.secrets["app_secret"])
            .domain(f"{origin}/api")
            .log_level(lark.LogLevel.CRITICAL)
            .build()
        )


def text(lark, words, uuid="k"):
    im = lark.api.im.v1
    content = msgspec.json.encode({"text": words}).decode()
    body = im.CreateMessageRequestBody.builder().receive_id(HER).msg_type("text").content(content).uuid(uuid).build()
    return im.CreateMessageRequest.builder().receive_id_type("open_id").request_body(body).build()


async def test_it_sends_once_for_one_uuid(lark, simulator, client):
    first, again, other = [
        await asyncio.to_thread(client.im.v1.message.create, text(lark, "您好", uuid)) for uuid in ("k", "k", "l")
    ]
    assert (first.code, first.data.message_id) == (0, again.data.message_id)
    assert other.data.message_id != first.data.message_id
    assert [one.text for one in simulator.shown(HER)] == ["您好", "您好"]


async def test_it_answers_and_takes_back(lark, simulator, client):
    im = lark.api.im.v1
    asked = await simulator.customer_writes(HER, "在吗")
    body = im.ReplyMessageRequestBody.builder().msg_type("text").content('{"text": "在的"}').build()
    answer = await asyncio.to_thread(
        client.im.v1.message.reply, im.ReplyMessageRequest.builder().message_id(asked).request_body(body).build()
    )
    assert simulator.shown(HER)[-1].quoted == asked
    gone = im.DeleteMessageRequest.builder().message_id(answer.data.message_id).build()
    assert (await asyncio.to_thread(client.im.v1.message.delete, gone)).success()
    assert simulator.shown(HER)[-1].recalled


async def test_it_hands_in_a_picture_and_a_file(lark, simulator, client):
    im = lark.api.im.v1
    image = im.CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(b"\x89PNG")).build()
    handed = await asyncio.to_thread(client.im.v1.image.create, im.CreateImageRequest.builder().request_body(image).build())
    assert simulator.files[handed.data.image_key].data == b"\x89PNG"
    file = im.CreateFileRequestBody.builder().file_type("pdf").file_name("a.pdf").file(io.BytesIO(b"%PDF")).build()
    handed = await asyncio.to_thread(client.im.v1.file.create, im.CreateFileRequest.builder().request_body(file).build())
    assert simulator.files[handed.data.file_key].data == b"%PDF"


async def test_it_downloads_what_a_customer_sent(lark, simulator, client):
    im = lark.api.im.v1
    sent = SentFile(kind="image", data=b"\x89PNG", name="a.png", content_type="image/png")
    message = await simulator.customer_writes(HER, file=sent)
    request = im.GetMessageResourceRequest.builder().message_id(message).file_key("file_key000001").type("image").build()
    found = await asyncio.to_thread(client.im.v1.message_resource.get, request)
    assert found.file.read() == b"\x89PNG"


async def test_it_is_told_who_somebody_is(lark, simulator, client):
    contact = lark.api.contact.v3
    await simulator.customer_writes(HER, "在吗", name="嘉禾")
    asked = [contact.GetUserRequest.builder().user_id_type("open_id").user_id(one).build() for one in (HER, "ou_stranger")]
    known, stranger = [await asyncio.to_thread(client.contact.v3.user.get, one) for one in asked]
    assert (known.data.user.name, known.data.user.open_id) == ("嘉禾", HER)
    assert (stranger.success(), stranger.code) == (False, 41012)


@pytest.mark.parametrize(("fault", "code"), [(Fault.BLOCKED, 230013), (Fault.RATE_LIMITED, 99991400)])
async def test_it_is_told_what_is_wrong(lark, simulator, client, fault, code):
    await asyncio.to_thread(client.im.v1.message.create, text(lark, "您好"))
    simulator.go_wrong(fault)
    refused = await asyncio.to_thread(client.im.v1.message.create, text(lark, "您好", "l"))
    assert (refused.success(), refused.code) == (False, code)


async def test_a_stranger_gets_no_token(lark, simulator, client):
    client._config.app_id = "cli_another"
    with pytest.raises(lark.core.exception.ObtainAccessTokenException):
        await asyncio.to_thread(client.im.v1.message.create, text(lark, "您好"))


class TestItsDispatcher:
    """Opens, checks and reads what the simulator delivers."""

    @pytest.fixture
    def heard(self):
        return []

    @pytest.fixture
    def dispatcher(self, lark, heard):
        keys = Simulator.secrets["encrypt_key"], Simulator.secrets["verification_token"]
        from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse

        return (
            lark.EventDispatcherHandler.builder(*keys, lark.LogLevel.CRITICAL)
            .register_p2_im_message_receive_v1(heard.append)
            .register_p2_im_message_recalled_v1(heard.append)
            .register_p2_im_message_reaction_created_v1(heard.append)
            .register_p2_im_message_message_read_v1(heard.append)
            .register_p2_card_action_trigger(lambda event: heard.append(event) or P2CardActionTriggerResponse({}))
            .build()
        )

    def given(self, lark, receipt):
        request = lark.RawRequest()
        request.uri, request.body = "/in/key", receipt.body
        request.headers = {**{HEADERS.get(name, name): value for name, value in receipt.headers.items()}}
        request.headers["X-Lark-Signature"] = receipt.headers["x-lark-signature"]
        return request

    async def test_a_message(self, lark, simulator, dispatcher, heard):
        await simulator.customer_writes(HER, "在吗")
        assert dispatcher.do(self.given(lark, simulator.delivered[-1])).status_code == 200
        (event,) = heard
        assert (event.event.sender.sender_id.open_id, event.event.message.message_type) == (HER, "text")
        assert msgspec.json.decode(event.event.message.content) == {"text": "在吗"}

    async def test_other_events(self, lark, simulator, dispatcher, heard):
        ids = {"open_id": HER, "union_id": "on_1"}
        await simulator.happens("im.message.recalled_v1", {"message_id": "om_1"})
        reacted = {"message_id": "om_2", "reaction_type": {"emoji_type": "OK"}, "operator_type": "user", "user_id": ids}
        await simulator.happens("im.message.reaction.created_v1", reacted)
        await simulator.happens("im.message.message_read_v1", {"reader": {"reader_id": ids}, "message_id_list": ["om_3"]})
        await simulator.customer_writes(HER, "换货", option="entry-2")
        statuses = [dispatcher.do(self.given(lark, receipt)).status_code for receipt in simulator.delivered]
        assert statuses == [200] * 4
        recalled, reaction, was_read, tapped = [one.event for one in heard]
        assert (recalled.message_id, reaction.reaction_type.emoji_type, was_read.message_id_list) == ("om_1", "OK", ["om_3"])
        assert (tapped.operator.open_id, tapped.action.value["option"]) == (HER, "entry-2")

    async def test_a_changed_delivery_is_refused(self, lark, simulator, dispatcher, heard):
        await simulator.customer_writes(HER, "在吗")
        request = self.given(lark, simulator.delivered[-1])
        request.body += b" "
        assert dispatcher.do(request).status_code == 500
        assert heard == []
