"""The platform's side of APIs with an errcode: one valid token, files as every client writes them, and a real socket."""

from importlib import import_module
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import structs

from qiao.channels.registry import load_channel
from qiao.domains.inboxes.wire import multipart
from qiao.ports.channel import Connected, FetchedMedia, InboundMessage, Media, OutboundFile, OutboundMessage, PullDue, Retry, Sent
from qiao.ports.testing.platform_suite import FILES
from qiao.ports.testing.serving import served
from qiao.ports.testing.simulating import Asked, Fault, Part, SentFile
from qiao.ports.testing.wire import MemoryWire

AWKWARD = {
    "crlf": b"\r\n\r\n--\r\n",
    "empty": b"",
    "picture": FILES["image"][2],
    "zeros": bytes(300),
    "ends in a line": b"text\r\n",
}


@pytest.mark.parametrize("data", AWKWARD.values(), ids=AWKWARD)
def test_a_file_as_the_house_writes_it_is_read_whole(data: bytes):
    body, content_type = multipart({}, {"media": ("发票 2026.pdf", data, "application/pdf")})
    asked = Asked("POST", "/u", {}, {"content-type": content_type}, body)
    assert asked.parts()["media"] == Part(data=data, filename="发票 2026.pdf", content_type="application/pdf")


@pytest.mark.parametrize("data", AWKWARD.values(), ids=AWKWARD)
def test_a_file_as_another_client_writes_it_is_read_whole(data: bytes):
    request = httpx.Request("POST", "http://a.test/u", files={"media": ("a.png", data, "image/png")})
    asked = Asked("POST", "/u", {}, {"content-type": request.headers["content-type"]}, request.read())
    assert asked.parts()["media"] == Part(data=data, filename="a.png", content_type="image/png")


@pytest.mark.parametrize("name", ["wechat_oa", "wechat_mini", "wecom_kf", "weibo", "xiaohongshu"])
async def test_a_platform_that_is_begun_anew_gives_no_old_names(name: str):
    """An inbox outlives the simulator: what it remembers must not swallow new messages, nor its cursor pass over them."""
    adapter = load_channel(name)
    kinds = import_module(f"qiao.channels.{name}.simulator").Simulator
    ids: list[str] = []
    cursor: str | None = None
    for first_number in (1_763_800_000, 1_763_803_600):
        simulator: Any = kinds(adapter.manifest)
        simulator.first_number = first_number
        account, wire = simulator.account(), MemoryWire(simulator)
        for _ in range(2):
            await simulator.customer_writes(simulator.customers[0], f"在吗 {first_number}")
            held = adapter.parse(simulator.delivered[-1], account)
            if isinstance(held[0], PullDue):
                pulled = await adapter.pull(cursor, {}, account, wire)
                held, cursor = pulled.items, pulled.cursor
            ids += [one.provider_id for one in held if isinstance(one, InboundMessage)]
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.parametrize("name", ["wechat_oa", "wecom_kf", "wechat_mini"])
async def test_text_and_pictures_go_both_ways_over_a_socket(name: str):
    """The same as in one process, with a server between: a cut connection is one."""
    adapter = load_channel(name)
    simulator: Any = import_module(f"qiao.channels.{name}.simulator").Simulator(adapter.manifest)
    file_name, content_type, data = FILES["image"]
    picture = OutboundFile(id=UUID(int=9), kind="image", name=file_name, content_type=content_type, size=len(data), url="")
    reply = OutboundMessage(key="k-1", conversation_id=UUID(int=3), to="customer-1", text="您好 hello 👋")
    async with served(simulator) as origin:
        account, wire = simulator.account(origin), MemoryWire(files={file_name: data})
        assert isinstance(await adapter.connect(account, wire), Connected)
        assert isinstance(await adapter.send(reply, account, wire), Sent)
        sent = await adapter.send(structs.replace(reply, key="k-2", text="", files=(picture,)), account, wire)
        assert isinstance(sent, Sent)
        kept = simulator.sent_in(SentFile(kind="image", data=data, name=file_name, content_type=content_type))
        fetched = await adapter.fetch_media(Media(kind="image", ref={"media_id": kept}), account, wire)
        simulator.go_wrong(Fault.CUT)
        assert isinstance(await adapter.send(structs.replace(reply, key="k-3"), account, wire), Retry)
    assert isinstance(fetched, FetchedMedia)
    assert (fetched.data, fetched.content_type) == (data, content_type)
    assert [(one.text, one.data) for one in simulator.shown("customer-1")] == [("您好 hello 👋", None), ("", data)]
