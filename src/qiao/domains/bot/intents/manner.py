"""Courtesies, anger and danger: how something is said, not what is asked."""

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
            "|这样啊|是这样啊|我知道了|我明白了)"
            "(?:的|啊|吧|呢|了|哈|呀|好|行|明白|知道|收到|了解)*"
        ),
    ),
    (
        "ack",
        lazy_pattern(
            r"(?:ok+|okay|k|kk|yes|yep|yeah|yup|sure|alright|all right|fine|got it|i see|understood|makes sense"
            r"|great|perfect|cool|nice|good|noted"
            r"|no problem|no worries|right|awesome|wonderful|no|nope|never ?mind|i understand|that s fine|that"
            r" works|sounds good|done)"
            r"(?:\s+(?:ok|okay|got it|great|then|that s fine|good|cool|perfect|i see|it))*"
        ),
    ),
)
_TALK_WORDS = 10


def _plain(text: str) -> str:
    """Words with single spaces, without marks; Chinese runs joined."""
    words = _MARKS.sub(" ", normalise(text[:_BOUND])).strip()
    return re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", words)


def small_talk(text: str) -> SmallTalk | None:
    """The courtesy that a message is, when it is nothing else; None for anything with a question or a wish in it."""
    plain = _plain(text)
    if not plain or len(plain.split()) > _TALK_WORDS:
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


_ANGER = lazy_pattern(
    "垃圾|骗子|骗人|坑人|坑爹|投诉你们|我要投诉|要投诉|差评|什么破|什么玩意|什么态度|气死|气炸|无语|太差|太烂|恶心|滚(?![筒烫水动轮珠开])|有病[吧啊]|[你们]有病|傻[逼x比叉]|(?<![a-z])(?:sb|tmd)(?![a-z])|(?<![妈老我])妈的|他妈(?![妈咪])|草泥马|脑残|智障|受够|忍无可忍"
    "|消费者协会|12315|曝光|报警抓|黑店|奸商|敷衍|欺骗|耍我|玩我|糊弄|等了(?:多久|这么久|半天|好久)|还要(?:我)?等多久|到底(?:管不管|能不能|什么时候)|没人(?:管|理)|不负责任"
    r"|\b(?:ridiculous|unacceptable|outrageous|disgusting|furious|fuming|angry|scam|scammers?|fraud|thie(?:f|ves)"
    r"|rip ?off|useless|worst|terrible|horrible|pathetic|awful"
    r"|incompetent|garbage|rubbish|bullshit|wtf|fuck\w*|shit\w*|damn|idiots?|stupid|sick of|fed up|had enough"
    r"|complain(?:t|ing)?|sue you|my lawyer|waste of (?:time|money)"
    r"|joke of a|what a joke|never again|lied to|absolute joke|this is the last time i"
    r"|how many (?:more )?times (?:must i|have i|did i|do i have to (?:ask|tell|say|call|write|explain|repeat|contact)))\b"
)
_CALM = lazy_pattern(
    "怎么投诉|如何投诉|投诉(?:电话|渠道|流程|方式)|垃圾(?:桶|袋|(?:怎么|如何)?分类)"
    "|how (?:do|can|to)\\b.*\\bcomplain|terrible at|(?:not|isn t|no)"
    " (?:angry|a scam|a complaint)"
)
_SHOUTED = lazy_pattern(r"[!?\uff01\uff1f]{3,}")
_LETTERS_SHOUTED = 12


def is_angry(text: str) -> bool:
    """Whether the writer is upset: abuse, strong complaint, threats to go public, shouting."""
    text = text[:_BOUND]
    plain = _plain(text)
    if _ANGER.search(plain) and not _CALM.search(plain):
        return True
    letters = [letter for letter in text if letter.isalpha() and letter.isascii()]
    shouted = len(letters) >= _LETTERS_SHOUTED and sum(map(str.isupper, letters)) > 0.9 * len(letters) and " " in text.strip()
    return shouted and bool(_SHOUTED.search(text) or "!" in text)


_DANGER = lazy_pattern(
    "自杀|轻生|不想活|想死|活不下去|割腕|跳楼|结束(?:自己的|我的)?生命|救命|着火|起火|火灾|煤气泄漏|燃气泄漏|漏气|触电|漏电|爆炸|中毒|过敏(?:了|反应|性休克)|呼吸困难|喘不过气|喘不上气|昏迷|晕倒|大出血|心脏病发"
    "|烫伤|烧伤|(?:孩子|宝宝|小孩)?(?:误食|误吞|噎住|卡住喉咙)|被(?:跟踪|抢劫|打了|家暴|绑架)|家暴"
    r"|\b(?:suicid\w*|kill (?:myself|me)|end my life|want to die|self ?harm|call (?:911|999|112|an ambulance)"
    r"|ambulance|on fire|caught fire|gas leak|electric shock|electrocuted"
    r"|exploded|explosion|poison(?:ed|ing)|allergic reaction|anaphyla\w*|can ?t breathe|cannot breathe|trouble"
    r" breathing|choking|unconscious|overdose|bleeding badly|heart attack|being followed|domestic violence)\b"
)
_NO_DANGER = lazy_pattern(
    "怕不怕|防(?:火|爆|触电|漏电|烫)|会不会|是否会|如果|容易|避免|预防|"
    "can it cause|does it cause|in case of|prevent|could it|will it|risk of|proof"
)


def is_emergency(text: str) -> bool:
    """Whether somebody may be in danger now. A person must see it at once; nothing is answered automatically."""
    plain = _plain(text.replace("\u2019", "'").replace("'", " "))
    return bool(_DANGER.search(plain)) and not _NO_DANGER.search(plain)
