"""What one reply becomes on channels that can more and less."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qiao.domains.conversations.contracts import Attachment, Author, AuthorKind, Message, MessageKind
from qiao.domains.delivery.parting import kind_of, parts_of
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id
from qiao.ports.channel import MEDIA_KINDS, Capability, Card, Manifest, MediaLimit, Option, Place, Template

ORIGIN = "https://desk.example"
ALL = frozenset(Capability) - {Capability.LIVE}


def manifest(*capabilities, **said):
    title = {"zh": "信鸽", "en": "Pigeon"}
    given = frozenset({Capability.TEXT, *capabilities})
    media = tuple(MediaLimit(kind=one, max_bytes=50_000) for one in sorted(given) if one in MEDIA_KINDS)
    said = {"name": "p", "tier": "gold", "title": title, "capabilities": given, "max_text": 200, "media": media} | said
    return Manifest(**said)


def message(text="", content=None, files=(), by=AuthorKind.AGENT):
    return Message(
        id=new_id(), conversation_id=new_id(), seq=1, author=Author(by), kind=MessageKind.TEXT, text=text,
        attachments=list(files), content=content, client_id="c", created_at=utc_now(),
    )  # fmt: skip


def file(name="茶.png", content_type="image/png", size=1_000):
    return Attachment(id=new_id(), name=name, content_type=content_type, size=size, url=f"/files/{name}")


def parts(said, channel, language="zh"):
    return parts_of(said, channel, language=language, origin=ORIGIN)


def shown(said, channel, language="zh"):
    """Each send in a few words."""
    return [
        one.text or [f"{each.kind}:{each.name}" for each in one.files] or one.card or one.place or one.template
        for one in parts(said, channel, language)
    ]


OFFER = {"type": "offer", "options": [{"entry_id": "e-1", "label": "退货流程"}, {"entry_id": "e-2", "label": "换货"}]}


def test_a_menu_where_there_is_one():
    (one,) = parts(message("您想问哪个？", OFFER), manifest(Capability.OPTIONS, max_options=3))
    assert (one.text, one.options) == ("您想问哪个？", (Option("e-1", "退货流程"), Option("e-2", "换货")))


@pytest.mark.parametrize(
    "channel",
    [
        manifest(),
        manifest(Capability.OPTIONS, max_options=1),
        manifest(Capability.OPTIONS, max_options=9, max_option_label=3),
    ],
    ids=["no_menu", "too_many", "too_long"],
)
def test_else_numbers(channel):
    (one,) = parts(message("您想问哪个？", OFFER), channel)
    assert one.text == "您想问哪个？\n\n1. 退货流程\n2. 换货\n回复数字即可。"
    assert not one.options
    english = parts(message("Which one?", OFFER), channel, "en")[0].text
    assert english.endswith("2. 换货\nReply with a number.")


def test_a_flows_own_values_are_options_too():
    content = {"type": "flow", "options": [{"value": "yes", "label": "是"}, {"value": "no", "label": "否"}]}
    (one,) = parts(message("确定吗？", content), manifest(Capability.OPTIONS, max_options=3))
    assert [option.value for option in one.options] == ["yes", "no"]


def test_a_menu_without_words_gets_some_and_stands_last():
    channel = manifest(Capability.OPTIONS, Capability.IMAGE, max_options=3)
    first, last = parts(message("", OFFER, [file()]), channel, "en")
    assert ([one.name for one in first.files], last.text, len(last.options)) == (["茶.png"], "Please choose:", 2)


def test_a_long_question_keeps_its_menu_at_its_end():
    channel = manifest(Capability.OPTIONS, max_options=3, max_text=10)
    made = parts(message("一二三四五六七八。九十一二三四？", OFFER), channel)
    assert [len(one.options) for one in made] == [0, 2]


@pytest.mark.parametrize(
    ("content_type", "size", "expected"),
    [
        ("image/png", 1_000, ["您好", ["image:x"]]),
        ("image/tiff", 1_000, ["您好", ["file:x"]]),
        ("image/png", 6_000, ["您好", ["file:x"]]),
        ("image/png", 60_000, ["您好\n\nx：https://desk.example/files/x"]),
        ("audio/mpeg", 1_000, ["您好", ["file:x"]]),
        ("video/mp4", 1_000, ["您好", ["video:x"]]),
        ("application/pdf", 1_000, ["您好", ["file:x"]]),
    ],
    ids=["picture", "another_type", "too_big_for_a_picture", "too_big_for_anything", "voice_as_file", "video", "document"],
)
def test_a_file_goes_as_what_the_channel_takes_it_for(content_type, size, expected):
    media = (
        MediaLimit(kind="image", types=("image/png",), max_bytes=5_000),
        MediaLimit(kind="video", max_bytes=5_000),
        MediaLimit(kind="file", max_bytes=50_000),
    )
    channel = manifest(Capability.IMAGE, Capability.VOICE, Capability.VIDEO, Capability.FILE, media=media)
    assert shown(message("您好", files=[file("x", content_type, size)]), channel) == expected


def test_where_no_files_go_links_do():
    files = [file("一.pdf", "application/pdf"), file("二.pdf", "application/pdf")]
    expected = "一.pdf: https://desk.example/files/一.pdf\n\n二.pdf: https://desk.example/files/二.pdf"
    assert shown(message("", files=files), manifest(max_files=0), "en") == [expected]
    assert shown(message("", files=files), manifest(Capability.FILE, max_files=0), "en") == [expected]


def test_files_go_one_by_one_or_with_the_text():
    files = [file(f"{n}.pdf", "application/pdf") for n in range(3)]
    single = parts(message("见附件", files=files), manifest(Capability.FILE))
    assert [(one.text, len(one.files)) for one in single] == [("见附件", 0), ("", 1), ("", 1), ("", 1)]
    together = parts(message("见附件", files=files), manifest(Capability.FILE, max_files=2))
    assert [(one.text, len(one.files)) for one in together] == [("见附件", 2), ("", 1)]


def test_a_place_on_the_map_or_a_link_to_it():
    content = {"type": "place", "latitude": 30.25, "longitude": 120.17, "name": "兰亭茶器", "address": "西湖区"}
    (one,) = parts(message("", content), manifest(Capability.LOCATION))
    assert one.place == Place(latitude=30.25, longitude=120.17, name="兰亭茶器", address="西湖区")
    (said,) = shown(message("店在这里", content), manifest())
    assert said == (
        "店在这里\n\n位置：兰亭茶器 · 西湖区\nhttps://www.openstreetmap.org/?mlat=30.25&mlon=120.17#map=16/30.25/120.17"
    )


CARD = {"type": "card", "title": "订单 1001", "text": "两件", "url": "/help/zh/o", "facts": [["状态", "已发货"]]}


def test_a_card_or_its_words():
    (one,) = parts(message("", CARD), manifest(Capability.CARD))
    assert one.card == Card(title="订单 1001", text="两件", url=f"{ORIGIN}/help/zh/o", facts=(("状态", "已发货"),))
    assert shown(message("", CARD), manifest()) == [f"订单 1001\n两件\n状态：已发货\n{ORIGIN}/help/zh/o"]


def test_a_flows_card_is_not_said_twice():
    card = {"title": "订单 1001", "status": "已发货", "fields": [{"label": "件数", "value": "2"}], "link": "https://a.example/1"}
    said = message("订单 1001 · 已发货\n件数：2\nhttps://a.example/1", {"type": "card", "card": card}, by=AuthorKind.BOT)
    (one,) = parts(said, manifest(Capability.CARD))
    assert (one.text, one.card.title, one.card.url) == ("", "订单 1001 · 已发货", "https://a.example/1")
    assert shown(said, manifest()) == ["订单 1001 · 已发货\n件数：2\nhttps://a.example/1"]


def test_an_article_is_a_card_of_its_own():
    content = {"type": "article", "article_id": "a", "language": "zh", "title": "退货", "url": "/help/zh/returns"}
    assert shown(message("看这里", content), manifest()) == [f"看这里\n\n退货\n{ORIGIN}/help/zh/returns"]
    text, card = parts(message("看这里", content), manifest(Capability.CARD))
    assert (text.text, card.card.title) == ("看这里", "退货")


def test_a_template_goes_as_such_or_as_its_words():
    content = {"type": "template", "name": "on_its_way", "language": "zh_CN", "values": ["林", "SF1"]}
    (one,) = parts(message("林，SF1 已发出", content), manifest(Capability.TEMPLATES))
    assert one.template == Template(name="on_its_way", language="zh_CN", values=("林", "SF1"))
    assert shown(message("林，SF1 已发出", content), manifest()) == ["林，SF1 已发出"]


def test_markdown_stays_where_customers_see_it():
    said = message("**好** [看](/help/x)")
    assert shown(said, manifest(markdown=True)) == [f"**好** [看]({ORIGIN}/help/x)"]
    assert shown(said, manifest()) == [f"好 看 ({ORIGIN}/help/x)"]


def test_the_bot_says_that_it_is_one_where_no_face_says_it_for_it():
    said = message("七天内可退", {"type": "answer", "disclosure": True}, by=AuthorKind.BOT)
    assert shown(said, manifest())[0].startswith("您正在与 AI 助手对话")
    assert shown(said, manifest(), "en")[0].startswith("You are talking with an AI")
    again = message("七天内可退", {"type": "answer", "disclosure": False}, by=AuthorKind.BOT)
    assert shown(again, manifest()) == ["七天内可退"]


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("image/webp", "image"), ("audio/ogg", "voice"), ("video/mp4", "video"), ("text/plain", "file"), ("", "file")],
)
def test_kinds_of_files(content_type, kind):
    assert kind_of(content_type) == kind


LABELS = st.text(st.sampled_from("退货换ab"), min_size=1, max_size=30)


@example(" \n", ["退"], [], {Capability.OPTIONS}, (30, 1, 1))
@given(
    st.text(st.sampled_from("ab字。\n ，!"), max_size=400),
    st.lists(LABELS, max_size=6),
    st.lists(st.sampled_from(["image/png", "audio/ogg", "application/pdf"]), max_size=5),
    st.sets(st.sampled_from(sorted(ALL))),
    st.tuples(st.integers(30, 200), st.integers(0, 4), st.integers(0, 4)),
)
def test_no_send_is_more_than_the_channel_takes(text, labels, types, capabilities, limits):
    max_text, max_files, max_options = limits
    channel = manifest(*capabilities, max_text=max_text, max_files=max_files, max_options=max_options)
    content = {"type": "offer", "options": [{"entry_id": one, "label": one} for one in labels]}
    files = [file(f"{n}", one) for n, one in enumerate(types)]
    made = parts(message(text, content, files), channel)
    assert all(len(one.text) <= max_text and len(one.files) <= max_files and len(one.options) <= max_options for one in made)
    assert all(len(option.label) <= channel.max_option_label for one in made for option in one.options)
    said = "".join("".join(one.text for one in made).split())
    assert "".join(text.split()) in said
    given_away = [each.name for one in made for each in one.files]
    assert all(name in given_away or f"{name}：https" in said for name in map(str, range(len(types))))
    assert all(label in said for label in labels) or any(one.options for one in made)


def test_nothing_is_sent_of_nothing():
    assert parts(message("", {"type": "small_talk"}), manifest()) == []
