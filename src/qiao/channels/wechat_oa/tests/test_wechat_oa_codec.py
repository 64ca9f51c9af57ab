"""Official Accounts, pure: what each kind of delivery holds, and that no body breaks the reading."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.wechat_oa import codec
from qiao.channels.wechat_oa.adapter import Adapter
from qiao.channels.wechat_oa.simulator import Simulator
from qiao.kit.errors import Invalid, QiaoError
from qiao.kit.plain_xml import written
from qiao.ports.channel import InboundMessage, OutboundMessage, RawReceipt, Reported, WindowOpened

WHO = {"ToUserName": "gh_account", "FromUserName": "oCustomer1", "CreateTime": "1763799990"}
MANIFEST = load_channel("wechat_oa").manifest
PLAIN = Simulator(MANIFEST).account(settings={"app_id": Simulator.owner, "mode": "plain"})


def read(**fields: str) -> list[object]:
    return list(codec.inbound({**WHO, **fields}))


def test_a_text_has_the_id_that_a_redelivery_repeats():
    (first,), (again,) = read(MsgType="text", Content="在吗", MsgId="7"), read(MsgType="text", Content="在吗", MsgId="7")
    assert first == again
    assert isinstance(first, InboundMessage)
    assert (first.provider_id, first.text, first.option, str(first.sent_at)) == ("7", "在吗", None, "2025-11-22 08:26:30+00:00")


def test_a_tapped_menu_entry_is_an_option_with_its_label():
    (message,) = read(MsgType="text", Content="换货", bizmsgmenuid="entry-2", MsgId="8")
    assert isinstance(message, InboundMessage)
    assert (message.text, message.option) == ("换货", "entry-2")


@pytest.mark.parametrize(("kind", "held"), [("image", "image"), ("voice", "voice"), ("video", "video"), ("shortvideo", "video")])
def test_files_come_by_their_id(kind: str, held: str):
    (message,) = read(MsgType=kind, MediaId="media-1", ThumbMediaId="media-2", Format="amr", MsgId="9")
    assert isinstance(message, InboundMessage)
    (media,) = message.media
    assert (media.kind, media.ref, media.content_type) == (
        held,
        {"media_id": "media-1"},
        "audio/amr" if kind == "voice" else None,
    )


def test_a_voice_brings_the_words_that_the_platform_heard():
    (message,) = read(MsgType="voice", MediaId="media-1", Format="speex", Recognition="我想退货", MsgId="9")
    assert isinstance(message, InboundMessage)
    assert (message.text, message.media[0].content_type) == ("我想退货", "audio/speex")


def test_events_are_told_apart_by_sender_time_and_key():
    ids = {
        one.provider_id
        for fields in ({"EventKey": "a"}, {"EventKey": "b"}, {"EventKey": "a", "CreateTime": "1763799991"})
        for one in read(MsgType="event", Event="CLICK", **fields)
        if isinstance(one, WindowOpened)
    }
    assert len(ids) == 3
    assert read(MsgType="event", Event="CLICK", EventKey="a") == read(MsgType="event", Event="CLICK", EventKey="a")


@pytest.mark.parametrize("event", ["VIEW", "LOCATION", "view_miniprogram", "MASSSENDJOBFINISH", "something_new", ""])
def test_events_that_let_nobody_write_hold_nothing(event: str):
    assert read(MsgType="event", Event=event, EventKey="https://shop.example") == []


@pytest.mark.parametrize("event", ["scancode_push", "scancode_waitmsg"])
def test_scanning_from_the_menu_is_a_menu(event: str):
    (opened,) = read(MsgType="event", Event=event, EventKey="k")
    assert isinstance(opened, WindowOpened)
    assert opened.by == "menu"


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("success", "delivered", None),
        ("failed:user block", "failed", "blocked"),
        ("failed: system failed", "failed", "failed: system failed"),
        ("", "failed", "failed"),
    ],
)
def test_what_became_of_a_template_is_reported(status: str, state: str, reason: str | None):
    (report,) = read(MsgType="event", Event="TEMPLATESENDJOBFINISH", MsgID="200", Status=status)
    assert isinstance(report, Reported)
    assert (report.provider_id, report.state, report.reason) == ("200", state, reason)


@pytest.mark.parametrize("kind", ["miniprogrampage", "wxcard", "file", "", "event"])
def test_kinds_that_are_not_known_hold_nothing_or_are_refused(kind: str):
    try:
        assert read(MsgType=kind, MsgId="1") == []
    except Invalid:
        assert kind == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "image", "MsgId": "1"},
        {"MsgType": "location", "MsgId": "1"},
        {"MsgType": "location", "Location_X": "north", "Location_Y": "1", "MsgId": "1"},
        {"MsgType": "location", "Location_X": "91", "Location_Y": "1", "MsgId": "1"},
        {"MsgType": "location", "Location_X": "nan", "Location_Y": "1", "MsgId": "1"},
        {"MsgType": "text", "FromUserName": ""},
    ],
)
def test_what_misses_its_essence_is_refused(fields: dict[str, str]):
    with pytest.raises(Invalid):
        read(**fields)


@pytest.mark.parametrize("time", ["", "soon", "99999999999999999999", "-1e9"])
def test_a_time_that_is_none_is_left_out(time: str):
    (message,) = read(MsgType="text", Content="在吗", MsgId="1", CreateTime=time)
    assert isinstance(message, InboundMessage)
    assert message.sent_at is None


def test_a_templates_places_are_found_once_each_in_order():
    content = "{{first.DATA}}\n编号：{{keyword1.DATA}} {{keyword1.DATA}}\n{{ bad.DATA }}{{remark.DATA}}"
    assert codec.template_keys(content) == ["first", "keyword1", "remark"]


def test_the_longest_text_fits_into_the_platforms_bytes():
    """Delivery counts characters, the platform bytes: no character of UTF-8 takes more than four."""
    longest = OutboundMessage(key="k", conversation_id=UUID(int=1), to="o", text="👋" * MANIFEST.max_text)
    assert len(codec.body_of(longest)["text"]["content"].encode()) <= 2048


words = st.one_of(
    st.text(max_size=30), st.sampled_from(["text", "event", "image", "location", "subscribe", "CLICK", "1", "-1", "nan"])
)
names = st.sampled_from(
    [
        "MsgType",
        "FromUserName",
        "Event",
        "EventKey",
        "MsgId",
        "MsgID",
        "CreateTime",
        "MediaId",
        "Location_X",
        "Location_Y",
        "Content",
    ]
)


@given(st.dictionaries(names, words))
def test_any_fields_are_contracts_or_refused(fields: dict[str, str]):
    try:
        held = codec.inbound(fields)
    except QiaoError:
        return
    assert all(one.provider_id and one.sender.address for one in held if isinstance(one, InboundMessage | WindowOpened))


@given(st.one_of(st.binary(max_size=200), st.dictionaries(names, words).map(written)))
def test_any_body_is_contracts_or_refused(body: bytes):
    try:
        held = Adapter(MANIFEST).parse(RawReceipt("POST", {}, {}, body), PLAIN)
    except QiaoError:
        return
    assert all(one.provider_id for one in held if isinstance(one, InboundMessage))
