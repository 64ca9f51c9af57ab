"""What the bot says when nobody is on duty, in Chinese and in English."""

from collections.abc import Mapping
from uuid import UUID, uuid5

from qiao.domains.bot.contracts import Localised
from qiao.domains.bot.words import words_of

_SPACE = UUID("5f0c3c1e-6c0a-4c55-9d7e-0d4f1f4b9a10")
_SAID: Mapping[str, Localised] = {
    "offer": {
        "zh": "您可以留言，客服{when}答复；也可以预约电话，由客服打给您。",
        "en": "You can leave a message and we’ll answer {when}, or book a call and we’ll ring you.",
    },
    "message": {"zh": "留言", "en": "Leave a message"},
    "call_back": {"zh": "预约回电", "en": "Book a call"},
    "ask_email": {
        "zh": "好的，想说的直接写在这里就行。方便留个邮箱吗？不方便就回复“不用”，之后回到这里也能看到答复。",
        "en": "Sure, just write it here. Would you like the answer by email? If so, send me your address. "
        'If not, reply "no": the answer will be waiting here.',
    },
    "message_kept": {
        "zh": "记下了。客服{when}会在这里答复您，回到这个页面就能看到。",
        "en": "Noted. We’ll answer here {when}; just come back to this page to see it.",
    },
    "message_kept_email": {
        "zh": "记下了。客服{when}会答复您，并发到 {email}。",
        "en": "Noted. We’ll answer {when} and write to {email}.",
    },
    "ask_number": {"zh": "好的，请告诉我您的电话号码。", "en": "Sure. What number should we call?"},
    "bad_number": {
        "zh": "这个号码好像不完整，请再发一次，座机请带上区号。",
        "en": "That number doesn’t look complete. Could you send it again, with the area or country code?",
    },
    "ask_window": {"zh": "您希望什么时候接到电话？", "en": "When would you like us to call?"},
    "closed_then": {
        "zh": "那个时间没有客服上班，请选一个下面的时间。",
        "en": "Nobody works at that time. Please choose one of these.",
    },
    "which_window": {
        "zh": "请选一个时间，或者告诉我哪天几点方便。",
        "en": "Please choose a time, or tell me a day and an hour that suit you.",
    },
    "call_kept": {
        "zh": "好的，客服会在{window} 拨打 {phone}，请留意接听。",
        "en": "All right, we’ll call {phone} {window}.",
    },
    "call_kept_open": {
        "zh": "好的，客服会在{when}拨打 {phone}，请留意接听。",
        "en": "All right, we’ll call {phone} {when}.",
    },
    "dropped": {
        "zh": "好的。您的问题已经记下，客服{when}会答复您。",
        "en": "All right. Your question is saved and we’ll answer {when}.",
    },
    "by": {"zh": "{day} {clock} 前", "en": "{day} by {clock}"},
    "back": {
        "zh": "接下来由{name}继续为您服务，有问题直接问我就行；需要人工时随时告诉我。",
        "en": "{name} here again. Just ask me anything, and tell me any time you’d like a person.",
    },
}
OPTIONS = {name: uuid5(_SPACE, name) for name in ("message", "call_back", "window-0", "window-1", "window-2")}
"""Ids of what can be chosen by a button, the same for everybody."""


def say(key: str, language: str | None, **values: str) -> str:
    """One sentence with its values."""
    return _SAID[key][words_of(language)].format(**values)


def known_words(key: str) -> frozenset[str]:
    """A label in every language."""
    return frozenset(_SAID[key].values())
