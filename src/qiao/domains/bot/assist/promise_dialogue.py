"""What a customer's words lead to while the bot arranges a message or a call. Pure and total."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.assist.promise_contracts import Asking, Move, Step, Window
from qiao.domains.bot.assist.promise_words import OPTIONS, known_words
from qiao.domains.bot.entities.contacts import EMAIL, emails
from qiao.domains.bot.intents import is_emergency
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

TRIES = 2
_BOUND = 500
_PHONE = lazy_pattern(r"(?<![\w@.-])\+?\(?\d[\d ().-]{4,22}\d(?![\w@-])", re.ASCII)
_CHINESE_MOBILE = lazy_pattern(r"861[3-9]\d{9}")
_LEAST_DIGITS, _MOST_AT_HOME, _MOST_DIGITS = 7, 12, 15
_NO = lazy_pattern(
    r"(?:不用|不要|算了|不必|没有|不方便|不了|不想留|不留|取消|都不用)(?:了|吧|的|谢谢您?|\s)*"
    "|no(?: thanks?| thank you)?|nope|never ?mind|cancel|neither|i don t have one|skip"
)
_MESSAGE = lazy_pattern("留言|留个言|^1$|^一$|^第一个?$|leave a message|message|e ?mail|邮件|邮箱|first")
_CALL = lazy_pattern("回电|电话|打给我|给我打|回个电话|来电|^2$|^二$|^第二个?$|call|phone|ring|second")
_MARKS = lazy_pattern(r"[\W_]+")
_NUMBERS = {
    "1": 0,
    "一": 0,
    "第一个": 0,
    "2": 1,
    "二": 1,
    "第二个": 1,
    "3": 2,
    "三": 2,
    "第三个": 2,
    "first": 0,
    "second": 1,
    "third": 2,
}


class Heard(Struct, frozen=True, kw_only=True):
    """A message of the customer with what its words say of time: a window, False (nobody works then), None (no time named)."""

    text: str
    option: UUID | None = None
    window: Window | bool | None = None


def hear(asking: Asking, heard: Heard) -> Move:
    """The next step. Never asks for one thing more than twice."""
    if is_emergency(heard.text):
        return Move(step=asking.step, say="emergency", tries=asking.tries, danger=True)
    return _STEPS[asking.step](asking, heard)


def email_in(text: str) -> str | None:
    """The first e-mail address, as written: an answer is sent to it."""
    plain = unicodedata.normalize("NFKC", text[:_BOUND])
    return next((plain[one.start : one.end] for one in emails(plain)), None)


def phone_in(text: str) -> str | None:
    """The first telephone number that somebody can call, digits and a leading plus alone; an order number is none.

    Asked for a number, people write bare digits: what `entities` wants beside them, to take them for a telephone, is not needed here.
    """
    plain = EMAIL.sub(" ", unicodedata.normalize("NFKC", text[:_BOUND]))
    for match in _PHONE.finditer(plain):
        digits = re.sub(r"\D", "", match[0])
        abroad = match[0].startswith(("+", "(+", "00"))
        digits = digits.removeprefix("00") if abroad else digits
        known = abroad or len(digits) <= _MOST_AT_HOME or _CHINESE_MOBILE.fullmatch(digits)
        if _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS and known and len(set(digits)) > 1:
            return "+" * abroad + digits
    return None


def _choice(asking: Asking, heard: Heard) -> Move:
    phone, email, plain = phone_in(heard.text), email_in(heard.text), _plain(heard.text)
    calls = heard.option == OPTIONS["call_back"] or heard.text in known_words("call_back")
    if heard.option == OPTIONS["message"] or heard.text in known_words("message"):
        return _message(asking, email)
    if calls or (phone and not email):
        return Move(step="window", say="ask_window", phone=phone) if phone else Move(step="number", say="ask_number")
    if _NO.fullmatch(plain):
        return Move(step="done", say="dropped", dropped=True)
    if len(plain) <= _FEW and _CALL.search(plain):
        return Move(step="number", say="ask_number")
    if email or (len(plain) <= _FEW and _MESSAGE.search(plain)):
        return _message(asking, email)
    # Whoever simply goes on writing leaves a message.
    return _message(asking, None)


def _message(asking: Asking, email: str | None) -> Move:
    known = email or asking.known_email
    if known:
        return Move(step="done", say="message_kept_email", promised="message", email=known)
    return Move(step="email", say="ask_email")


def _email(asking: Asking, heard: Heard) -> Move:
    email = email_in(heard.text)
    if email:
        return Move(step="done", say="message_kept_email", promised="message", email=email)
    if heard.option == OPTIONS["call_back"] or _CALL.fullmatch(_plain(heard.text)):
        return Move(step="number", say="ask_number")
    if _NO.fullmatch(_plain(heard.text)) or asking.tries + 1 >= TRIES:
        return Move(step="done", say="message_kept", promised="message")
    # They write what they came for; the address may follow.
    return Move(step="email", say="", tries=asking.tries + 1)


def _number(asking: Asking, heard: Heard) -> Move:
    phone = phone_in(heard.text)
    if phone:
        return Move(step="window", say="ask_window", phone=phone)
    if _NO.fullmatch(_plain(heard.text)):
        return Move(step="done", say="dropped", dropped=True)
    if asking.tries + 1 >= TRIES:
        return Move(step="done", say="message_kept", promised="message", email=asking.known_email)
    return Move(step="number", say="bad_number", tries=asking.tries + 1)


def _window(asking: Asking, heard: Heard) -> Move:
    phone = phone_in(heard.text) or asking.phone
    window = _picked(asking, heard) or (heard.window if isinstance(heard.window, Window) else None)
    if window is not None:
        return Move(step="done", say="call_kept", promised="call_back", phone=phone, window=window)
    if _NO.fullmatch(_plain(heard.text)):
        return Move(step="done", say="dropped", dropped=True)
    if asking.tries + 1 >= TRIES:
        return Move(step="done", say="call_kept_open", promised="call_back", phone=phone)
    return Move(
        step="window", say="closed_then" if heard.window is False else "which_window", tries=asking.tries + 1, phone=phone
    )


def _done(asking: Asking, _heard: Heard) -> Move:
    return Move(step="done", say="", tries=asking.tries)


def _picked(asking: Asking, heard: Heard) -> Window | None:
    at = next((at for at in range(len(asking.offered)) if heard.option == OPTIONS.get(f"window-{at}")), None)
    if at is None:
        at = _NUMBERS.get(_plain(heard.text))
    return asking.offered[at] if at is not None and at < len(asking.offered) else None


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", normalise(text[:200])).split())


_FEW = 24
"""Characters of an answer to the choice; more than that is the message itself."""
_STEPS: Mapping[Step, Callable[[Asking, Heard], Move]] = {
    "choice": _choice,
    "email": _email,
    "number": _number,
    "window": _window,
    "done": _done,
}
