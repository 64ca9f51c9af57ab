"""Whether the writer wants a human being now.

Rules over normalised text, Chinese and English. Precision counts as much as recall: a question about people is not a wish for one.
"""

import re

from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

_BOUND = 2_000
_SEPARATORS = lazy_pattern(r"[\W_]+")
_HAN_GAP = lazy_pattern(r"(?<=[\u4e00-\u9fff])[\s\W_]+(?=[\u4e00-\u9fff])")
_LATIN = 0x2FF
_BARE = 34
"""A letter is one wide, a Chinese character four: about as much as it says."""


def _prepared(text: str) -> str:
    return normalise(text[:_BOUND])


def _joined(text: str) -> str:
    """Without spaces and marks, for words people pull apart: 转 人 工, zhuan ren gong."""
    return _SEPARATORS.sub("", text)


# --- a person, please -----------------------------------------------------------------------------------------------------

_PERSON_ZH = (
    "(?:人工(?:客服|服务|坐席|座席|帮助|回复)?|真人(?:客服)?"
    "|(?:在线|专属)?客服(?:人员|专员|小姐姐|小哥)?|活人|真的人|专员|坐席|座席|你们的?人)"
)
_WHOLE_ZH = lazy_pattern(
    f"(?:你好|您好|请|麻烦|帮我|快点|快|赶紧|马上|现在|我|要|想|直接|给我|能不能|可以|可不可以|能|有没有人?啊?|有|同|安排|在不在|在|找|呼叫|接|转|转接|转到|换|叫|来|个|一个|位|一下)*"
    f"(?:{_PERSON_ZH})+(?:谢谢|快点|快一点|赶紧|马上|立刻|现在|急|吗|么|吧|啊|呀|呢|在吗|在不在|有吗|有没有|来|回复|接一下|处理|聊|说话|沟通|快|我)*"
)
_ASK_ZH = lazy_pattern(
    f"(?:转接?到?|接(?:通|入|到)?|换成?|呼叫|叫|找|安排|让|请|联系|要|需要|想要|给我(?:来|找|转|换)?)(?:一?[个位名]|一下|你们的?|下)*{_PERSON_ZH}"
    r"(?!费|智能|成本|湖|降|合成|授|干预|养|培|种|采|炒|制作|审核|的?(?:电话|微信|价格|费用|工作时间|上班时间)|服务(?:费|价格|收费))"
)
_TALK_ZH = lazy_pattern(
    r"(?:和|跟|同|与)(?:一?个?)(?:真?人|人工|客服|活人|你们的?人|店主|老板|经理)(?:来)?(?:聊|说|谈|讲|倾|沟通|对话|通话)"
    r"|(?:不要|不想|别|不跟|不和|不用)(?:再?和|再?跟|给我|让)?(?:机器人?|ai|自动回复|人机)(?:聊|说|回|了|应付|$)"
    r"|(?:让|叫|换|找|派)(?:你们的?)?(?:一?个|位)?(?:真?人|人工|活人|经理|主管|负责人|领导|老板)(?:来|跟|和|回|处理|接|给|帮|联系|$)"
    r"|(?:来|派)个?(?:真人|活人|真的人)(?!演|秀)|(?:让|叫|请)客服(?:来|跟|和|回|处理|接|给|帮|联系|$)|没有?人(?:吗|么|啊)?(?:来)?(?:回复?我|理我)|(?:机器人"
    r"|ai)(?:走开|滚|没用|听不懂|别回)"
)
_TALK_NOT_ZH = lazy_pattern(r"(?:怎么|如何|能不能教|会不会|可不可以学).*(?:和|跟)(?:别|老|亲|朋)")
_PINYIN = lazy_pattern(
    r"(?:zhuan(?:jie)?|zhao|yao|jie)?ren?gong(?:kefu|fuwu)?|(?:zhuan|zhao)(?:jie)?kefu|zhuanrengon|zhenren(?:kefu)?"
)
_MIXED = lazy_pattern(
    "(?:转|找|要|接|换|叫)(?:个|一个|到)?(?:human|agent|person|operator|staff|real person|live agent|live chat|rengong|kefu)"
)

_PEOPLE = (
    "human|person|people|agent|representative|rep|operator|someone|somebody|advisor|adviser|staff|manager|supervisor|specialist"
)
_PERSON_EN = (
    rf"(?:(?:a|an|the|your|any|some|another|one)\s+)?(?:(?:real|live|actual|human|customer|support|service|care"
    rf"|sales|team)\s+)*"
    rf"(?:{_PEOPLE}|customer (?:service|support|care)|support(?: team)?|human being|real human|team member|member of"
    rf" (?:the )?(?:team|staff))s?"
)
_NOT_AFTER = r"(?!\s+(?:hair|body|size|rights|resources|made|consumption|fee|fees|portal|account|commission|in charge of))"
_ASK_EN = lazy_pattern(
    rf"\b(?:(?:talk|speak|chat|talking|speaking|chatting)(?:\s+(?:to|with|directly to|directly with))?"
    rf"|(?:connect|transfer|forward|put|pass|hand|escalate|redirect|switch|refer|get|bring)\s+(?:me|us|this|it|my"
    rf" chat)(?:\s+(?:over|through|on))?(?:\s+(?:to|with))?"
    rf"|(?:get|reach|find|call|contact|transfer|connect|escalate)(?:\s+(?:to|with|hold of))?"
    rf"|(?:i|we)(?:\s+(?:really|just|only|still))?\s+(?:want|need|prefer|demand|would like|d like|'d like|would"
    rf" prefer)(?:\s+(?:to have|to get|help from))?"
    rf"|give me|let me (?:talk|speak|chat)(?:\s+(?:to|with)))\s+(?:one of (?:your|the)\s+)?{_PERSON_EN}\b{_NOT_AFTER}"
)
_WHOLE_EN = lazy_pattern(
    rf"(?:(?:hi|hello|hey|need|want|i need|i want|contact|speak to|talk to|please|pls|plz|just|ok|no|can i have"
    rf"|could i have|can i get|is there|are there|i said"
    rf"|any)\s+)*{_PERSON_EN}"
    rf"(?:\s+(?:please|pls|plz|now|there|here|asap|thanks|available|help|only|i can (?:talk|speak|chat) (?:to"
    rf"|with)|to (?:talk|speak|chat) (?:to|with)))*"
)
_AGAINST_BOT = lazy_pattern(
    r"\b(?:human|real person|agent|representative|operator)\s+(?:now|please|pls|plz|asap|instead)$"
    r"|\b(?:can|could|may) (?:a|an|some) (?:real |actual |live )?(?:human|person|agent) (?:please )?(?:help|call"
    r"|answer|reply)\b"
    r"|\bno (?:chat|ro)?bots?\b|"
    r"\b(?:not|stop|hate|no more|don t want|do not want|dont want|sick of|tired of|instead of)\s+(?:(?:talking"
    r"|speaking|chatting|to talk|to speak|to chat)\s+)?(?:(?:to|with)\s+)?(?:a |an |the |this |your )*(?:stupid "
    r"|dumb )?(?:ro)?(?:bots?|machine|ai|robot|chatbot)\b"
)
_ABOUT_PEOPLE = lazy_pattern(
    r"\b(?:made|handmade|written|picked|packed|checked|tested|delivered|signed|run|owned|sold|grown|rolled) (?:by|for|with)\b"
    r"|\b(?:how (?:do|can|would|does)|what|when|why|where) .*\b(?:become|hire|train|pay|paid|register|apply)\b"
    r"|\bbecome (?:a|an)\b|\b(?:person|someone|somebody) s (?:name|address|card|account|phone)\b|\b(?:your|the)"
    r" agents? (?:in|located|based|licensed|paid)\b"
    r"|\b(?:gift|present|tea|size|seat|ticket|room|table|box|order|one|price|discount|card) (?:for|per) (?:a |an "
    r"|one |each )?(?:person|people|someone|somebody|human)\b"
)
_TARGETS_EN = (
    "human",
    "person",
    "agent",
    "representative",
    "operator",
    "someone",
    "speak",
    "transfer",
    "connect",
    "support",
    "talk",
    "real",
    "live",
)
_TOKEN = lazy_pattern(r"[a-z']+")
_MAX_WORDS_WHOLE = 8


def _near(word: str, target: str) -> bool:
    """Within one letter put in, left out, changed, or two neighbours swapped."""
    if abs(len(word) - len(target)) > 1 or word[0] != target[0]:
        return False
    at = next((i for i, (a, b) in enumerate(zip(word, target, strict=False)) if a != b), min(len(word), len(target)))
    rest = word[at:], target[at:]
    return rest[0][1:] == rest[1][1:] or rest[0][1:] == rest[1] or rest[0] == rest[1][1:] or _swapped(*rest)


def _swapped(word: str, target: str) -> bool:
    return word[:2] == target[:2][::-1] and word[2:] == target[2:]


_CORRECT = lazy_pattern(
    "take|tale|tall|walk|read|deal|reel|meal|love|line|like|lives|lived|rent|gent|alive|peak|people|sneak|life|lie|lice|leave"
)


def _mended(text: str) -> str:
    """Common misspellings of the words that matter here put right; everything else as written."""

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < 4 or _CORRECT.fullmatch(word):
            return word
        return next((target for target in _TARGETS_EN if word != target + "s" and word != target and _near(word, target)), word)

    return _TOKEN.sub(mend, text)


def wants_person(text: str) -> bool:
    """Whether the writer asks for a human being now: 转人工, "talk to a human", misspelled, in pinyin or mixed.

    Not for questions about people, labour or artificial intelligence (人工费多少, "is it made by a human").
    """
    prepared = _prepared(text)
    joined = _joined(prepared)
    if not joined:
        return False
    return _wants_person_zh(_HAN_GAP.sub("", prepared), joined) or _wants_person_en(prepared)


def is_bare_wish(text: str) -> bool:
    """Whether words are the wish for a person and nothing else, as "转人工" is and "转人工，我的订单到哪了" is not."""
    return sum(4 if ord(letter) > _LATIN else 1 for letter in text) <= _BARE and wants_person(text)


def _wants_person_zh(text: str, joined: str) -> bool:
    if _WHOLE_ZH.fullmatch(joined) or _PINYIN.fullmatch(joined) or _MIXED.search(joined):
        return True
    return bool(_ASK_ZH.search(text) or (_TALK_ZH.search(text) and not _TALK_NOT_ZH.search(text)))


def _wants_person_en(text: str) -> bool:
    plain = _mended(
        " ".join(re.sub(r"[^a-z0-9'\s]+", " ", text.replace("\u2019", "'").replace("'d", " would")).replace("'", " ").split())
    )
    if not plain or _ABOUT_PEOPLE.search(plain):
        return False
    whole = len(plain.split()) <= _MAX_WORDS_WHOLE and _WHOLE_EN.fullmatch(plain)
    return bool(whole or _ASK_EN.search(plain) or _AGAINST_BOT.search(plain))
