"""Courtesies: what is said around a question, or in place of one."""

import re
from typing import Literal

from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

SmallTalk = Literal["greeting", "thanks", "bye", "ack"]

_BOUND = 2_000
_MARKS = lazy_pattern(r"[\W_]+")

_CALLED_ZH = "(?:客服|亲|亲爱的|老板|店家|店主|小二|掌柜|大家|各位|机器人|小姐姐|小哥|朋友){0,2}"
_CALLED_EN = r"(?:\s+(?:there|all|everyone|team|guys|bot|qiao|again|so much|a lot|very much|you|sir|madam|mate|friend))*"
_TALK: tuple[tuple[SmallTalk, re.Pattern[str]], ...] = (
    (
        "thanks",
        lazy_pattern(
            "(?:好的?|嗯+|行|ok|非常|太|十分|万分)*(?:谢+谢*|多谢|感谢|感恩|谢了|3q|thx|辛苦了?|麻烦(?:你|您)?了)"
            f"(?:你|您|啦|了|哈|哦|呀|啊|帮助|的帮助|帮忙|解答|回复)*{_CALLED_ZH}"
        ),
    ),
    (
        "thanks",
        lazy_pattern(
            r"(?:(?:ok|okay|great|perfect|brilliant|lovely|cool|nice|oh|many|no|got it|that s great|all good|yes)\s+)*"
            r"(?:thanks?|thank you|thank u|thx|ty|tysm|cheers|much appreciated|appreciated?(?: it)?|i appreciate it)"
            rf"{_CALLED_EN}(?:\s+(?:for (?:your |the )?(?:help|time|reply|answer|info|information|quick reply)"
            rf"|that helps|that helped|bye))*"
        ),
    ),
    (
        "greeting",
        lazy_pattern(
            f"{_CALLED_ZH}(?:你好|您好|泥嚎|哈喽|喂+|请问|哈啰|哈罗|嗨+|嘿+|hi|hello|在吗|在么|在不在|有人吗|有人在吗|早上好|上午好|中午好|下午好|晚上好|早安|早|nihao|ninhao)+"
            f"(?:呀|啊|哦|哇|喔|在吗|有人吗)*{_CALLED_ZH}(?:在吗|在不在|有人吗|在么)?"
        ),
    ),
    (
        "greeting",
        lazy_pattern(
            r"(?:(?:hi+|hello+|hey+|hiya|yo|howdy|greetings|good (?:morning|afternoon|evening|day)|morning|evening)"
            rf"{_CALLED_EN}\s*)+(?:anyone (?:there|here)|are you there|how are you(?: today| doing)?|how s it going|what s up)?"
        ),
    ),
    (
        "bye",
        lazy_pattern(
            "(?:好的?|嗯+|行|那|没事了|没有了)*(?:再见|拜+|88+|回见|回头见|下次见|先这样|就这样|晚安|走了|我先走了|bye+)(?:吧|啦|了|哈)*"
        ),
    ),
    (
        "bye",
        lazy_pattern(
            r"(?:(?:ok|okay|thanks?|thank you|no|that s all|all good|alright)\s+)*"
            r"(?:good\s?bye|bye+|bye bye|see you|see ya|cya|later|take care|have a (?:nice|good|great) (?:day|one"
            r"|evening|weekend)"
            rf"|good night|that s all|that is all|nothing else){_CALLED_EN}(?:\s+(?:later|soon|now|for now|bye))*"
        ),
    ),
    (
        "ack",
        lazy_pattern(
            "(?:好+(?:的|滴|嘞|吧|哒)?|嗯+|恩+|哦+|噢+|喔+|行+|可以|知道了|明白了?|了解了?|懂了|收到|ok+|okay|对|是的|没问题|没事了?|没了|不用了?|原来如此"
            "|这样啊|是这样啊|我知道了|我明白了|哈{2,}|嘿{2,}|嘻{2,})"
            "(?:的|啊|吧|呢|了|哈|呀|好|行|明白|知道|收到|了解)*"
        ),
    ),
    (
        "ack",
        lazy_pattern(
            r"(?:ok+|okay|k|kk|yes|yep|yeah|yup|sure|alright|all right|fine|got it|i see|understood|makes sense"
            r"|great|perfect|cool|nice|good|noted"
            r"|no problem|no worries|right|awesome|wonderful|no|nope|never ?mind|i understand|that s fine|that"
            r" works|sounds good|done|(?:ha){2,}h?|lol)"
            r"(?:\s+(?:ok|okay|got it|great|then|that s fine|good|cool|perfect|i see|it))*"
        ),
    ),
)
_TALK_WORDS = 10
_NODS = lazy_pattern("\\s*(?:[\U0001f44c\U0001f44d\U0001f64f\u2764][\ufe0f\U0001f3fb-\U0001f3ff]?\\s*){1,8}")
"""Thumbs, an OK of the hand, folded hands, a heart: nothing else that has no words is a nod."""


def plain_words(text: str) -> str:
    """Words with single spaces, without marks; Chinese runs joined."""
    words = _MARKS.sub(" ", normalise(text[:_BOUND])).strip()
    return re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", words)


def small_talk(text: str) -> SmallTalk | None:
    """The courtesy that a message is, when it is nothing else; None for anything with a question or a wish in it."""
    plain = plain_words(text)
    if not plain:
        return "ack" if _NODS.fullmatch(text) else None
    if len(plain.split()) > _TALK_WORDS:
        return None
    return next((kind for kind, pattern in _TALK if pattern.fullmatch(plain)), None)


_BEFORE = lazy_pattern(
    r"(?i)\s*(?:(?:你好|您好|哈喽|嗨|在吗|在么|亲(?=[\s,，])"
    r"|(?:hi|hello|hey|good (?:morning|afternoon|evening))\b(?:\s+(?:there|team|all)\b)?)[呀啊\s,，!！?？。.~～]*)*+"
    r"(?:(?:请问(?:一?下|您|你们)?|(?:我?想要?|麻烦)(?:请?问|咨询)(?:一?下|问)?|(?:问|咨询)一?下)(?!题)[\s,，:：。]*"
    r"|(?:excuse me|(?:just )?(?:a )?quick question|i (?:have|had) a question|i was (?:just )?wondering"
    r"|could you (?:please )?tell me|can you tell me)[\s,:.!-]+)?"
)
_AFTER = lazy_pattern(
    r"(?i)[,，。!！.~～?？\s](?:谢谢+[你您]?[了啦哈]?|多谢|感谢|(?:many )?thanks(?: a lot| so much| in advance)?"
    r"|thank you(?: (?:so|very) much)?|thx|cheers)[\s,，。!！.~～]{0,8}$"
)
_TAIL = 40


def without_courtesies(text: str) -> str:
    """A question without the greeting before it and the thanks after it; the text itself when nothing else is in it."""
    if len(text) > _BOUND:
        return text
    kept = text[match.end() :] if (match := _BEFORE.match(text)) else text
    if thanks := _AFTER.search(kept, max(len(kept) - _TAIL, 0)):
        kept = kept[: thanks.start() + 1]
    return kept.strip(" ,，") if any(map(str.isalnum, kept)) else text
