"""The web form keeps what every channel promises, and asks and believes no more than it should."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from qiao.channels.registry import read_manifest
from qiao.channels.web_form import stamps
from qiao.channels.web_form.adapter import Adapter
from qiao.channels.web_form.codec import FormInvalid, asked, fields_of, problems_of
from qiao.kit.errors import QiaoError, Refused
from qiao.ports.channel import Account, Channel, InboundMessage, OutboundFile, RawReceipt, Rejected, Sent
from qiao.ports.channel_form import FormFile, ShowsForm, Submission
from qiao.ports.testing.channel_suite import ChannelSuite, Sample
from qiao.ports.testing.wire import MemoryWire

ADAPTER = Adapter(read_manifest(Path(__file__).parents[1] / "manifest.toml"))
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CHOICES = [
    {"value": "order", "label": {"zh": "订单", "en": "An order"}},
    {"value": "other", "label": {"zh": "其他", "en": "Else"}},
]
FIELDS = [
    {"key": "name", "label": {"zh": "称呼", "en": "Name"}},
    {"key": "email", "label": {"zh": "邮箱", "en": "E-mail"}, "type": "email", "required": True},
    {"key": "phone", "label": {"zh": "电话", "en": "Phone"}, "type": "phone"},
    {"key": "about", "label": {"zh": "关于", "en": "About"}, "type": "choice", "choices": CHOICES},
    {
        "key": "number",
        "label": {"zh": "订单号", "en": "Number"},
        "required": True,
        "show_if": {"key": "about", "equals": "order"},
    },
    {
        "key": "broken",
        "label": {"zh": "坏了", "en": "Broken"},
        "type": "checkbox",
        "show_if": {"key": "number", "equals": "1001"},
    },
    {"key": "day", "label": {"zh": "日期", "en": "Day"}, "type": "date"},
    {"key": "message", "label": {"zh": "问题", "en": "Question"}, "type": "textarea", "required": True},
    {"key": "files", "label": {"zh": "附件", "en": "Files"}, "type": "file"},
]
GIVEN = {"email": "yutong@example.com", "message": "壶漏水"}
PICTURE = FormFile(field="files", name="壶.png", content_type="image/png", data=b"\x89PNG")


def inbox(**settings: object) -> Account:
    return Account(
        workspace_id=UUID(int=1),
        inbox_id=UUID(int=2),
        inbox_name="兰亭茶器",
        settings={"title": {"zh": "售后", "en": "Service"}, "fields": FIELDS, **settings},
        webhook_url="https://desk.example/in/key",
        signing_key=b"a signing key of the tests, 32 bytes",
    )


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time that stamps are judged by."""
    times = [NOW]
    monkeypatch.setattr(stamps, "utc_now", lambda: times[-1])
    return times


@pytest.fixture
def stamp(clock: list[datetime]) -> str:
    """Of a page that was opened a minute ago."""
    made = stamps.new_stamp(inbox())
    clock.append(NOW + timedelta(minutes=1))
    return made


def receipt(submission: Submission) -> RawReceipt:
    return RawReceipt("POST", {"content-type": "application/json"}, {}, msgspec.json.encode(submission))


def message(submission: Submission) -> InboundMessage:
    assert ADAPTER.verify(receipt(submission), inbox()) is None
    (one,) = ADAPTER.parse(receipt(submission), inbox())
    assert isinstance(one, InboundMessage)
    return one


class TestWebForm(ChannelSuite):
    channel = "web_form"

    @pytest.fixture
    def adapter(self) -> Channel:
        return ADAPTER

    @pytest.fixture
    def account(self) -> Account:
        return inbox()

    def forged(self, sample: Sample) -> list[RawReceipt]:
        """The stamp signs the page, not what a person writes into it."""
        return [sample.receipt(body=sample.body.replace(".", ";", 1).encode()), sample.receipt(body=b"")]


def test_the_adapter_has_a_page():
    assert isinstance(ADAPTER, ShowsForm)
    form = ADAPTER.form(inbox(allowed_origins=["https://shop.example"]))
    assert [field.key for field in form.fields] == [field["key"] for field in FIELDS]
    assert (form.title["zh"], form.origins) == ("售后", ("https://shop.example",))


def test_the_form_that_comes_with_it_can_be_drawn():
    defaults = {field.key: field.default for field in ADAPTER.manifest.settings}
    assert [field.key for field in ADAPTER.form(inbox(**defaults)).fields] == ["name", "email", "subject", "message", "files"]


def test_a_submission_is_a_message_with_its_answers(stamp: str):
    answers = {
        **GIVEN,
        "name": "林语桐",
        "about": "order",
        "number": "1001",
        "broken": "yes",
        "phone": "139 0000 0000",
        "day": "2026-11-20",
    }
    one = message(Submission(stamp=stamp, answers=answers, files=(PICTURE,)))
    assert one.fields == {
        "称呼": "林语桐",
        "邮箱": "yutong@example.com",
        "电话": "139 0000 0000",
        "关于": "订单",
        "订单号": "1001",
        "坏了": "是",
        "日期": "2026-11-20",
        "问题": "壶漏水",
    }
    assert one.text.splitlines()[0] == "称呼：林语桐"
    assert (one.sender.name, one.sender.email, one.sender.phone) == ("林语桐", "yutong@example.com", "139 0000 0000")
    # Whatever a form says of its sender is a claim.
    assert one.sender.proofs == ()
    assert one.sender.address not in {"yutong@example.com", "139 0000 0000"}
    assert one.subject == "售后"
    assert [(media.kind, media.name, media.data) for media in one.media] == [("image", "壶.png", b"\x89PNG")]


def test_in_the_reader_s_language(stamp: str):
    one = message(Submission(stamp=stamp, language="en", answers={**GIVEN, "about": "other"}))
    assert one.text == "E-mail: yutong@example.com\nAbout: Else\nQuestion: 壶漏水"
    assert one.sender.locale == "en"


def test_the_same_sent_twice_has_one_name_and_other_words_another(stamp: str):
    first, again = (message(Submission(stamp=stamp, answers=GIVEN)) for _ in range(2))
    other = message(Submission(stamp=stamp, answers={**GIVEN, "message": "还有"}))
    assert first.provider_id == again.provider_id
    assert first.provider_id != other.provider_id
    assert first.sender.address == other.sender.address


def test_two_pages_are_two_customers(clock: list[datetime]):
    pages = [stamps.new_stamp(inbox()) for _ in range(2)]
    clock.append(NOW + timedelta(minutes=1))
    assert len({message(Submission(stamp=page, answers=GIVEN)).sender.address for page in pages}) == 2


@pytest.mark.parametrize(
    ("answers", "files", "problems"),
    [
        ({}, (), {"email": "required", "message": "required"}),
        ({**GIVEN, "email": "nobody"}, (), {"email": "email"}),
        ({**GIVEN, "email": "a@b.example, c@d.example"}, (), {"email": "email"}),
        ({**GIVEN, "phone": "call me"}, (), {"phone": "phone"}),
        ({**GIVEN, "about": "third"}, (), {"about": "choice"}),
        ({**GIVEN, "about": "order"}, (), {"number": "required"}),
        ({**GIVEN, "about": "other"}, (), {}),
        ({**GIVEN, "day": "2026-02-30"}, (), {"day": "date"}),
        ({**GIVEN, "day": "20261120"}, (), {"day": "date"}),
        ({**GIVEN, "message": "长" * 5_001}, (), {"message": "too_long"}),
        ({**GIVEN, "message": "  "}, (), {"message": "required"}),
        (GIVEN, (PICTURE,) * 6, {"files": "too_many"}),
        (GIVEN, (msgspec.structs.replace(PICTURE, data=bytes(10_000_001)),), {"files": "too_large"}),
        (GIVEN, (PICTURE,), {}),
    ],
)
def test_what_is_wrong_is_named(stamp: str, answers: dict[str, str], files: tuple[FormFile, ...], problems: dict[str, str]):
    submission = Submission(stamp=stamp, answers=answers, files=files)
    assert dict(ADAPTER.problems(submission, inbox())) == problems


def test_what_is_wrong_is_not_believed_at_the_door_either(stamp: str):
    with pytest.raises(Refused) as told:
        ADAPTER.verify(receipt(Submission(stamp=stamp, answers={"email": "nobody"})), inbox())
    assert told.value.details["problems"] == {"email": "email", "message": "required"}


def test_what_was_not_asked_is_not_kept(stamp: str):
    one = message(Submission(stamp=stamp, answers={**GIVEN, "number": "1001", "broken": "yes", "is_admin": "yes"}))
    assert list(one.fields) == ["邮箱", "问题"]
    stray = msgspec.structs.replace(PICTURE, field="message")
    assert message(Submission(stamp=stamp, answers=GIVEN, files=(stray,))).media == ()


@pytest.mark.parametrize(
    ("seconds", "problem"), [(0, "too_fast"), (1, "too_fast"), (2, ""), (86_400, ""), (86_401, "too_old"), (-60, "too_fast")]
)
def test_a_page_is_good_from_two_seconds_to_a_day(clock: list[datetime], seconds: int, problem: str):
    made = stamps.new_stamp(inbox())
    clock.append(NOW + timedelta(seconds=seconds))
    assert dict(ADAPTER.problems(Submission(stamp=made, answers=GIVEN), inbox())) == ({"": problem} if problem else {})


def test_only_our_own_stamps_and_an_empty_trap_are_believed(stamp: str):
    issued, nonce, mac = stamp.split(".")
    for forged in (
        "",
        "x",
        f"{int(issued) + 1}.{nonce}.{mac}",
        f"{issued}.{'0' * 32}.{mac}",
        f"{issued}.{nonce}.{'0' * 32}",
        stamp + " ",
    ):
        with pytest.raises(Refused):
            ADAPTER.verify(receipt(Submission(stamp=forged, answers=GIVEN)), inbox())
    with pytest.raises(Refused):
        ADAPTER.verify(receipt(Submission(stamp=stamp, answers=GIVEN, trap="https://spam.example")), inbox())
    for key in (b"", b"another inbox's key"):
        with pytest.raises(Refused):
            ADAPTER.verify(receipt(Submission(stamp=stamp, answers=GIVEN)), msgspec.structs.replace(inbox(), signing_key=key))


async def test_an_answer_is_on_the_customer_s_page_once_and_on_nobody_else_s(stamp: str):
    submission, suite, wire = Submission(stamp=stamp, answers=GIVEN), TestWebForm(), MemoryWire()
    ticket, to = ADAPTER.ticket(submission, inbox()), message(submission).sender.address
    file = OutboundFile(
        id=UUID(int=9), kind="file", name="发票.pdf", content_type="application/pdf", size=4, url="https://desk.example/f"
    )
    assert await ADAPTER.answers(ticket, inbox(), wire) == []
    for reply in (suite.reply(to=to, key="1"), suite.reply(to=to, key="1"), suite.reply(to=to, key="2", text="", files=(file,))):
        assert isinstance(await ADAPTER.send(reply, inbox(), wire), Sent)
    answers = await ADAPTER.answers(ticket, inbox(), wire)
    assert answers is not None
    assert [(one.text, [file.name for file in one.files]) for one in answers] == [("您好 hello", []), ("", ["发票.pdf"])]
    stranger = stamps.ticket_text(inbox(), "f" * 32)
    assert await ADAPTER.answers(stranger, inbox(), wire) == []
    for forged in ("", ticket[:-1] + ("0" if ticket[-1] != "0" else "1"), f"{to}.{'0' * 32}", to):
        assert await ADAPTER.answers(forged, inbox(), wire) is None


async def test_a_customer_goes_on_from_their_page(stamp: str, clock: list[datetime]):
    first = Submission(stamp=stamp, answers=GIVEN)
    ticket = ADAPTER.ticket(first, inbox())
    later = stamps.new_stamp(inbox())
    clock.append(clock[-1] + timedelta(minutes=5))
    more = Submission(stamp=later, about=ticket, answers={"message": "还是漏"})
    assert (message(more).text, message(more).fields) == ("还是漏", {})
    assert message(more).sender.address == message(first).sender.address
    assert ADAPTER.ticket(more, inbox()) == ticket
    assert dict(ADAPTER.problems(msgspec.structs.replace(more, about="x"), inbox())) == {"": "not_allowed"}
    assert dict(ADAPTER.problems(msgspec.structs.replace(more, answers={}), inbox())) == {"message": "required"}


async def test_a_page_has_its_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("qiao.channels.web_form.adapter.MAX_ANSWERS", 2)
    wire, suite = MemoryWire(), TestWebForm()
    ends = [await ADAPTER.send(suite.reply(to="n", key=str(number)), inbox(), wire) for number in range(3)]
    assert [isinstance(one, Sent) for one in ends] == [True, True, False]
    assert ends[2] == Rejected("too_many")


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        "fields",
        [{"key": "a"}],
        [{"key": "A b", "label": {"en": "x"}}],
        [{"key": "a", "label": {"en": "x"}, "type": "password"}],
        [{"key": "a", "label": {"en": "x"}, "type": "choice"}],
        [{"key": "a", "label": {"en": "x"}}] * 2,
        [{"key": "a", "label": {"en": "x"}, "show_if": {"key": "b", "equals": "1"}}],
        [{"key": "a", "label": {"en": "x"}, "onload": "x"}],
        [{"key": f"k{number}", "label": {"en": "x"}} for number in range(31)],
    ],
)
async def test_what_makes_no_form_is_told_to_the_admin(fields: object):
    with pytest.raises(FormInvalid):
        fields_of(inbox(fields=fields))
    assert isinstance(await ADAPTER.connect(inbox(fields=fields), MemoryWire()), Rejected)


async def test_connecting_tells_where_the_form_is():
    connected = await ADAPTER.connect(inbox(), MemoryWire())
    assert "https://desk.example/form/key" in str(getattr(connected, "todo", connected))


@given(some.dictionaries(some.sampled_from([field["key"] for field in FIELDS] + ["x"]), some.text(max_size=40), max_size=9))
def test_what_is_asked_decides_alone_what_is_wrong(answers: dict[str, str]):
    fields = fields_of(inbox())
    put = {field.key for field in asked(fields, answers)}
    wrong = problems_of(fields, Submission(stamp="", answers=answers))
    assert set(wrong) <= put
    assert {"email", "message"} <= put
    assert ("number" in put) == (answers.get("about") == "order")
    assert "broken" not in put or "number" in put


@given(
    some.binary(max_size=300) | some.recursive(some.none() | some.text() | some.integers(), some.lists).map(msgspec.json.encode)
)
def test_any_body_is_refused_with_a_code(body: bytes):
    for door in (ADAPTER.verify, ADAPTER.parse):
        with pytest.raises(QiaoError):
            door(RawReceipt("POST", {}, {}, body), inbox())
