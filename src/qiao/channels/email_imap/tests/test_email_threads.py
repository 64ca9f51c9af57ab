"""Which conversation a letter belongs to, and who is believed about it."""

import pytest

from qiao.channels.email_imap.codec import inbound_of, message_id_in
from qiao.channels.email_imap.tests.letters import CONVERSATION, CUSTOMER, MAILBOX, inbox, letter, read
from qiao.channels.email_imap.threads import conversation_in, is_ours, message_id_of, safe_id, token_of, with_end

OURS = message_id_of(inbox(), CONVERSATION, CUSTOMER, "0190-key", "lanting.example")
TOKEN = token_of(inbox(), CONVERSATION, CUSTOMER)
PASSED = "Authentication-Results: mx.lanting.example; dmarc=pass (p=REJECT) header.from=example.com; spf=pass"


def test_an_answer_finds_its_conversation_by_our_name_for_the_mail():
    message = read(letter(f"In-Reply-To: <{OURS}>", "References: <other@example.com>"))
    assert (message.conversation_ref, message.quoted) == (str(CONVERSATION), OURS)


def test_by_the_references_when_the_program_kept_only_those():
    message = read(letter(f"References: <{OURS}> <mine@example.com>", "In-Reply-To: <mine@example.com>"))
    assert (message.conversation_ref, message.quoted) == (str(CONVERSATION), OURS)


def test_by_the_end_of_the_address_when_it_kept_none():
    end = with_end(MAILBOX, TOKEN)
    assert read(letter(f"Cc: Lanting <{end.upper() if end else ''}>")).conversation_ref == str(CONVERSATION)
    assert read(letter(f"Delivered-To: {end}")).conversation_ref == str(CONVERSATION)
    assert read(letter(f"Cc: other+{TOKEN}@lanting.example")).conversation_ref is None


def test_a_stranger_who_got_hold_of_it_begins_a_conversation_of_their_own():
    stranger = "evil@example.net"
    message = read(letter(f"In-Reply-To: <{OURS}>", f"Cc: {with_end(MAILBOX, TOKEN)}", sender=stranger))
    assert message.conversation_ref is None


@pytest.mark.parametrize(
    "forged",
    [
        OURS.replace("0190-key", "0190-kez"),
        "a" * 39 + "." + OURS.partition(".")[2],
        OURS.partition("@")[0][:-1] + "a@lanting.example",
        OURS.partition(".")[0] + "@lanting.example",
        "",
        "@",
    ],
)
def test_a_name_that_only_looks_like_ours_opens_nothing(forged: str):
    message = read(letter(f"In-Reply-To: <{forged}>", f"References: <{forged}>"))
    assert (message.conversation_ref, message.quoted) == (None, None)


def test_nothing_opens_with_another_inbox_s_key_or_with_none():
    other = inbox()
    for key in (b"another key", b""):
        changed = type(other)(**{name: getattr(other, name) for name in other.__struct_fields__} | {"signing_key": key})
        assert not is_ours(changed, OURS)
        assert conversation_in(changed, TOKEN, CUSTOMER) is None


def test_empty_matches_nothing():
    message = read(letter("In-Reply-To: ", "References: <>", name=""))
    assert (message.conversation_ref, message.quoted) == (None, None)


def test_our_own_mail_that_comes_back_is_left_out():
    assert list(inbound_of(letter(name=f"<{OURS}>", sender=MAILBOX), inbox())) == []


def test_the_same_send_has_the_same_name_and_another_another():
    again = message_id_of(inbox(), CONVERSATION, CUSTOMER, "0190-key", "lanting.example")
    assert again == OURS
    assert message_id_of(inbox(), CONVERSATION, CUSTOMER, "0190-other", "lanting.example") != OURS
    odd = message_id_of(inbox(), CONVERSATION, CUSTOMER, "key with <spaces>\r\n", "lanting.example")
    assert safe_id(odd) == odd
    assert is_ours(inbox(), odd)


def test_a_long_mailbox_has_no_address_with_an_end():
    assert with_end("x" * 25 + "@lanting.example", TOKEN) is None


def test_an_id_of_ours_names_the_mail_for_references():
    assert message_id_in(read(letter()).provider_id) == "1@example.com"
    assert message_id_in(read(letter(name="")).provider_id) is None
    assert message_id_in(OURS) == OURS


def test_dmarc_of_our_own_server_proves_the_sender():
    message = read(letter(PASSED))
    assert [(one.kind, one.value) for one in message.sender.proofs] == [("email", CUSTOMER)]
    assert "unverified_sender" not in message.notes
    assert message.reply_to["proven"] == "1"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Authentication-Results: mx.lanting.example; dmarc=fail header.from=example.com"],
        ["Authentication-Results: mx.lanting.example; spf=pass smtp.mailfrom=example.com; dkim=pass"],
        ["Authentication-Results: mx.evil.example; dmarc=pass header.from=example.com"],
        ["Authentication-Results: mx.lanting.example; dmarc=pass header.from=example.net"],
        ["Authentication-Results: mx.lanting.example; dmarc=pass"],
        ['Authentication-Results: mx.lanting.example; spf=fail reason="; dmarc=pass header.from=example.com"'],
        ["Authentication-Results: mx.lanting.example; spf=fail (; dmarc=pass header.from=example.com)"],
        ["Authentication-Results: mx.lanting.example; xdmarc=pass header.from=example.com"],
        ["Authentication-Results: mx.lanting.example; dmarc=pass header.from=example.com; dmarc=fail header.from=example.com"],
        ["Authentication-Results: mx.lanting.example; none", PASSED],
        [PASSED, "Authentication-Results: mx.lanting.example; dmarc=fail header.from=example.com"],
        ["X-Authentication-Results: mx.lanting.example; dmarc=pass header.from=example.com"],
        ["Authentication-Results: mx.evil.example mx.lanting.example; dmarc=pass header.from=example.com"],
    ],
)
def test_nothing_else_does(headers: list[str]):
    message = read(letter(*headers))
    assert message.sender.proofs == ()
    assert "unverified_sender" in message.notes


def test_a_forged_result_in_another_server_s_name_takes_nothing_from_ours():
    above = "Authentication-Results: mx.evil.example; dmarc=pass header.from=bank.example"
    assert read(letter(above, PASSED)).sender.proofs
    assert read(letter(PASSED), authserv_id="").sender.proofs == ()


def test_answers_go_elsewhere_only_where_the_sender_may_say_so():
    other = "Reply-To: orders@example.net"
    assert "address" not in read(letter(other)).reply_to
    assert read(letter(other, PASSED)).reply_to["address"] == "orders@example.net"
    assert read(letter("Reply-To: orders@example.com")).reply_to["address"] == "orders@example.com"
    assert "address" not in read(letter("Reply-To: a@example.com, b@example.com")).reply_to
