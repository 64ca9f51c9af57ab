"""The pure decisions about conversations: what may be done when, what a message may be, what becomes of texts and tags."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.conversations.contracts import (
    MAX_ATTACHMENTS,
    MAX_CLIENT_ID,
    MAX_TAGS,
    MAX_TEXT,
    Attachment,
    Author,
    AuthorKind,
    MessageKind,
    NewMessage,
    Status,
)
from qiao.domains.conversations.errors import MessageEmpty, MessageTooLong, WrongStatus
from qiao.domains.conversations.rules import (
    ALLOWED,
    CONTINUE_FOR,
    check_message,
    check_status,
    clean_tags,
    clean_text,
    continues,
)
from qiao.kit.errors import Invalid
from qiao.kit.ids import ConversationId

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
FILE = Attachment(id=UUID(int=1), name="杯子.png", content_type="image/png", size=10, url="/files/1")
MESSAGE = NewMessage(conversation_id=ConversationId(UUID(int=2)), author=Author(AuthorKind.CONTACT), text="在吗", client_id="c1")

# Written out once more on purpose: whoever widens what may be done says so twice.
EXPECTED = {
    "claim": {"waiting", "bot", "open", "snoozed"},
    "transfer": {"waiting", "bot", "open", "snoozed", "resolved"},
    "resolve": {"waiting", "bot", "open", "snoozed"},
    "reopen": {"resolved"},
    "snooze": {"open", "waiting", "snoozed"},
    "hand_over": {"bot", "waiting"},
    "hand_to_bot": {"open", "waiting", "snoozed"},
    "requeue": {"open"},
}


def message(**changes) -> NewMessage:
    return msgspec.structs.replace(MESSAGE, **changes)


def test_every_act_is_allowed_where_it_makes_sense():
    assert {act: {str(status) for status in statuses} for act, statuses in ALLOWED.items()} == EXPECTED


@pytest.mark.parametrize("act", sorted(EXPECTED))
def test_what_makes_no_sense_names_the_status(act: str):
    for status in sorted(EXPECTED[act]):
        check_status(act, status)
    for status in sorted({str(one) for one in Status} - EXPECTED[act]):
        with pytest.raises(WrongStatus) as refused:
            check_status(act, status)
        assert (refused.value.status, refused.value.details["status"]) == (409, status)


def test_from_every_status_something_leads_on():
    assert {status for statuses in EXPECTED.values() for status in statuses} == {str(status) for status in Status}


@pytest.mark.parametrize(
    ("since", "goes_on"),
    [
        (timedelta(0), True),
        (timedelta(days=6, hours=23, minutes=59), True),
        (CONTINUE_FOR, True),
        (CONTINUE_FOR + timedelta(microseconds=1), False),
        (timedelta(days=400), False),
        (timedelta(minutes=-5), True),
    ],
)
def test_a_conversation_goes_on_for_a_week(since: timedelta, goes_on: bool):
    assert continues(NOW - since, NOW) is goes_on


def test_what_never_ended_goes_on():
    assert continues(None, NOW)


@given(st.text())
def test_a_cleaned_text_can_be_stored_and_cleaning_again_changes_nothing(text: str):
    cleaned = clean_text(text)
    assert "\x00" not in cleaned
    assert cleaned == cleaned.strip()
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean_text(cleaned) == cleaned


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_nothing_that_can_be_seen_is_lost(text: str):
    assert clean_text(text) == text.strip()


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  在吗\n", "在吗"),
        ("a\x00b", "ab"),
        ("\ud800", "?"),
        ("👩‍👧", "👩‍👧"),
        ("第一行\n\n第二行", "第一行\n\n第二行"),
        ("\u3000全角空格\u3000", "全角空格"),
        ("\x00", ""),
    ],
)
def test_texts_are_cleaned_like_this(written: str, stored: str):
    assert clean_text(written) == stored


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"text": "长" * MAX_TEXT},
        {"text": "", "attachments": (FILE,)},
        {"text": "", "attachments": (FILE,) * MAX_ATTACHMENTS},
        {"text": "", "content": {"type": "article"}},
        {"text": "", "kind": MessageKind.EVENT},
        {"kind": MessageKind.NOTE},
        {"client_id": "x" * MAX_CLIENT_ID},
        {"client_id": "带空格 的"},
    ],
)
def test_what_is_a_message_passes(changes: dict):
    check_message(message(**changes))


@pytest.mark.parametrize(
    ("changes", "error", "bound"),
    [
        ({"text": "长" * (MAX_TEXT + 1)}, MessageTooLong, {"max_text": MAX_TEXT}),
        ({"attachments": (FILE,) * (MAX_ATTACHMENTS + 1)}, MessageTooLong, {"max_attachments": MAX_ATTACHMENTS}),
        ({"client_id": ""}, MessageTooLong, {"max_client_id": MAX_CLIENT_ID}),
        ({"client_id": "x" * (MAX_CLIENT_ID + 1)}, MessageTooLong, {"max_client_id": MAX_CLIENT_ID}),
        ({"client_id": "a\x00b"}, Invalid, {"field": "client_id"}),
        ({"text": ""}, MessageEmpty, {}),
        ({"text": "", "kind": MessageKind.NOTE}, MessageEmpty, {}),
    ],
)
def test_what_is_no_message_is_refused_with_its_bound(changes: dict, error: type, bound: dict):
    with pytest.raises(error) as refused:
        check_message(message(**changes))
    assert refused.value.details == bound


@given(st.lists(st.text(max_size=60), max_size=40))
def test_tags_are_few_short_and_single(tags: list[str]):
    cleaned = clean_tags(tags)
    assert len(cleaned) == len(set(cleaned)) <= MAX_TAGS
    assert all(1 <= len(tag) <= 40 and "\x00" not in tag for tag in cleaned)
    assert clean_tags(cleaned) == cleaned


def test_tags_keep_their_order():
    assert clean_tags(["退货", " 物流 ", "退货", "", "VIP", "\x00"]) == ["退货", "物流", "VIP"]


def test_of_too_many_tags_the_first_stay():
    assert clean_tags([f"t{n}" for n in range(MAX_TAGS + 5)]) == [f"t{n}" for n in range(MAX_TAGS)]
