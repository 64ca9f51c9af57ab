"""What mail servers write back is bound to the very mail it is about, and is nobody's message."""

import pytest

from qiao.channels.email_imap.codec import inbound_of
from qiao.channels.email_imap.tests.letters import CONVERSATION, CUSTOMER, inbox, letter, parted
from qiao.channels.email_imap.threads import message_id_of
from qiao.ports.channel import InboundMessage, Left, Reported

OURS = message_id_of(inbox(), CONVERSATION, CUSTOMER, "0190-key", "lanting.example")
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
RETURNED = f"From: help@lanting.example\r\nTo: {CUSTOMER}\r\nMessage-ID: <{OURS}>\r\n\r\n您好".encode()


def report(*fields: str, original: bytes = RETURNED, kind: str = "message/rfc822", about: str = "delivery-status") -> bytes:
    """A report (RFC 3464) with these fields of its receiver."""
    status = "Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; yutong@example.com\r\n" + "\r\n".join(fields)
    parts = [("Content-Type: text/plain", b"I could not deliver it"), (f"Content-Type: message/{about}", status.encode())]
    return parted([*parts, (f"Content-Type: {kind}", original)], f"report; report-type={about}", sender=DAEMON)


@pytest.mark.parametrize(
    ("fields", "reason", "permanent"),
    [
        (
            ("Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 no such user"),
            "5.1.1 smtp; 550 5.1.1 no such user",
            True,
        ),
        (("Action: failed", "Status: 5.2.2", "Diagnostic-Code: smtp; 552 mailbox full"), "5.2.2 smtp; 552 mailbox full", False),
        (("Action: failed", "Status: 5.7.1"), "5.7.1", False),
        (("Action: failed", "Status: 4.4.7"), "4.4.7", False),
        (
            ("Action: failed", "Status: 5.0.0", "Diagnostic-Code: smtp; 550-5.1.2 no such host"),
            "5.0.0 smtp; 550-5.1.2 no such host",
            False,
        ),
        (("Action: failed",), "5.0.0", False),
    ],
)
def test_a_bounce_is_bound_to_the_mail_it_is_about(fields: tuple[str, ...], reason: str, permanent: bool):
    (told,) = inbound_of(report(*fields), inbox())
    assert told == Reported(provider_id=OURS, state="failed", reason=reason, permanent=permanent)


def test_headers_alone_are_enough_to_bind_it():
    (told,) = inbound_of(report("Action: failed", "Status: 5.1.1", kind="text/rfc822-headers"), inbox())
    assert isinstance(told, Reported)
    assert told.provider_id == OURS


def test_what_arrived_says_so_and_a_delay_says_nothing():
    assert inbound_of(report("Action: delivered", "Status: 2.0.0"), inbox()) == (Reported(provider_id=OURS, state="delivered"),)
    assert inbound_of(report("Action: delayed", "Status: 4.4.1"), inbox()) == ()


def test_a_bounce_in_a_server_s_own_words_is_one_too():
    words = f"This message was created automatically by mail delivery software.\n\nA message could not be delivered to:\n\n  {CUSTOMER}\n"
    words += (
        f"    550 5.1.1 user unknown\n\n------ This is a copy of the message ------\n\nMessage-ID: <{OURS}>\nTo: {CUSTOMER}\n"
    )
    raw = letter(f"X-Failed-Recipients: {CUSTOMER}", "Return-Path: <>", body=words, sender=DAEMON)
    (told,) = inbound_of(raw, inbox())
    assert told == Reported(provider_id=OURS, state="failed", reason="5.1.1", permanent=True)


@pytest.mark.fault("F-C8")
def test_a_made_up_bounce_binds_to_nothing():
    forged = RETURNED.replace(OURS.encode(), OURS.replace("0190-key", "0190-kez").encode())
    assert inbound_of(report("Action: failed", "Status: 5.1.1", original=forged), inbox()) == ()
    assert inbound_of(report("Action: failed", "Status: 5.1.1", original=b""), inbox()) == ()


def test_a_complaint_means_that_the_customer_wants_no_more_mail():
    (told,) = inbound_of(report("Feedback-Type: abuse", about="feedback-report"), inbox())
    assert isinstance(told, Left)
    assert (told.sender.address, told.reason, told.back) == (CUSTOMER, "complaint", False)


def test_an_absence_note_is_a_message_that_no_machine_answers():
    (told,) = inbound_of(
        letter("Return-Path: <>", "Auto-Submitted: auto-replied", f"In-Reply-To: <{OURS}>", body="我在休假"), inbox()
    )
    assert isinstance(told, InboundMessage)
    assert told.automatic
    assert told.conversation_ref == str(CONVERSATION)


@pytest.mark.parametrize(("said", "told"), [("displayed", (Reported(provider_id=OURS, state="read"),)), ("deleted", ())])
def test_a_receipt_for_reading_is_no_bounce(said: str, told: tuple[Reported, ...]):
    fields = f"Disposition: manual-action/MDN-sent-manually; {said}"
    assert inbound_of(report(fields, about="disposition-notification"), inbox()) == told


def test_what_a_postmaster_writes_by_hand_is_read_and_answered_by_no_machine():
    (told,) = inbound_of(letter(body="我们的邮箱搬家了", sender="postmaster@example.com"), inbox())
    assert isinstance(told, InboundMessage)
    assert (told.text, told.automatic) == ("我们的邮箱搬家了", True)


def test_a_warning_that_it_takes_longer_says_nothing():
    words = f"Message delayed 24 hours; no action is required.\n\nMessage-ID: <{OURS}>\n"
    assert inbound_of(letter("Return-Path: <>", body=words, sender=DAEMON), inbox()) == ()
