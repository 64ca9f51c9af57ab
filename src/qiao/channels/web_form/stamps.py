"""What a page carries to be believed when it comes back, and what opens a customer's own page. Both are HMACs with the inbox's own key.

stamp:   SECONDS.NONCE.MAC     made when the page is shown; two seconds to a day old when it comes back
ticket:  NONCE.MAC             NONCE of the first submission, which is the customer's address in this inbox
"""

import hmac
import re
import secrets

from msgspec import Struct

from qiao.kit.clock import utc_now
from qiao.ports.channel import Account

MIN_SECONDS, MAX_SECONDS = 2, 24 * 3600
_STAMP = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{32})")
_TICKET = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")


class Ticket(Struct, frozen=True):
    """One submission: its own nonce, and that of the first one of the same customer."""

    nonce: str
    about: str


def new_stamp(account: Account) -> str:
    """A stamp of now."""
    issued, nonce = str(int(utc_now().timestamp())), secrets.token_hex(16)
    return f"{issued}.{nonce}.{_mac(account, 'stamp', issued, nonce)}"


def age_problem(account: Account, stamp: str) -> str:
    """Why a stamp is not taken: not_allowed, too_fast or too_old; nothing when it is."""
    found = _STAMP.fullmatch(stamp)
    if found is None or not account.signing_key or not hmac.compare_digest(_mac(account, "stamp", found[1], found[2]), found[3]):
        return "not_allowed"
    age = utc_now().timestamp() - int(found[1])
    return "too_fast" if age < MIN_SECONDS else "too_old" if age > MAX_SECONDS else ""


def nonce_of(stamp: str) -> str:
    """The nonce of a stamp, unchecked."""
    found = _STAMP.fullmatch(stamp)
    return found[2] if found else ""


def ticket_text(account: Account, nonce: str) -> str:
    """What opens the page of a customer."""
    return f"{nonce}.{_mac(account, 'ticket', nonce)}"


def opened(account: Account, ticket: str) -> str | None:
    """The nonce that a ticket is for; None when it is none of ours."""
    found = _TICKET.fullmatch(ticket)
    if found is None or not account.signing_key or not hmac.compare_digest(_mac(account, "ticket", found[1]), found[2]):
        return None
    return found[1]


def _mac(account: Account, *parts: str) -> str:
    return hmac.digest(account.signing_key, "\0".join(("form", *parts)).encode(), "sha256").hex()[:32]
