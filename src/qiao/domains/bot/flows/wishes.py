"""What a customer says about the flow itself: to stop it, or to take something back. Pure rules, Chinese and English, total."""

import re
from collections.abc import Mapping, Sequence

from qiao.domains.bot.flows.answers import plain_of
from qiao.domains.bot.flows.running import Correct
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

_BOUND = 500
_LONGEST_CANCEL = 40
_STOP_ZH = (
    "取消(?:吧|掉|了|操作|流程|办理)?|算了|(?:先不|暂时不|暂不|不)(?:想|打算)?(?:弄|办理?|查|改|退|换|开|用|想|做|填|继续|约|预约|投诉|搞)(?:了|啦)?|不用了|不需要了|不要了"
    "|退出|停止|停下|结束|放弃|没事了|当我没说|下次再说|以后再说|再说吧"
)
_STOP_EN = (
    r"cancel(?: (?:it|this|that|everything|the request))?|never ?mind|forget (?:it|about it|that|this)"
    r"|stop(?: (?:it|this|here))?|quit|exit|abort"
    r"|drop it|leave it|don t bother|not any ?more|(?:i )?(?:ve )?changed my mind|i don t (?:want|need) (?:it|this|that)(?: any ?more)?"
    r"|i d rather not|not now"
)
# Possessive: said twice in one message (算了，不约了) is still read in one pass.
_CANCEL_ZH = lazy_pattern(f"(?:好吧|那|还是|我|先|就|请|帮我|哦|嗯|唉|哎)*+(?:{_STOP_ZH})(?:{_STOP_ZH}|我|吧|了|啦|谢谢|啊|哈)*+")
_CANCEL_EN = lazy_pattern(
    r"(?:(?:ok|okay|no|oh|please|actually|just|sorry|well|let s|you know what|i want to|i d like to) )*+"
    f"(?:{_STOP_EN})(?: (?:{_STOP_EN}|please|thanks|thank you|then|now|it|instead))*+"
)
_SIGNAL = lazy_pattern(
    r"不对|错了|写错|填错|打错|说错|弄错|发错|改一下|改下|更正|修改|换一下|改成|改为|换成|应该是|应为|我改|要改|重新填|不是这个"
    r"|\b(?:actually|correction|i meant|mistyped|typo|wrong|i made a mistake|my mistake|change (?:the|my|that|it)|correct (?:the|my)"
    r"|let me (?:change|correct|fix)|should be|not that one|instead of)\b"
)
_EMPTY = re.compile(r"[\W_吧啊呀了请帮我下]+|\b(?:please|it|that|this|let me)\b")
_VALUE = lazy_pattern(
    r"(?:改成|改为|换成|应该是|应为|写成|是|为|[:：]"
    r"|\b(?:should be|meant|to be|it'?s|it’s|is|to)\b)\s*(?!(?:错|不对|wrong))(?P<value>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_AFTER_SIGNAL = lazy_pattern(
    r"^.{0,12}?(?:不对|错了|更正|actually|correction|typo|oops|sorry|no)[\s,，.。:：;；!！]+(?P<value>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


def wants_to_stop(text: str) -> bool:
    """Whether a whole message says that the customer no longer wants what is being done."""
    plain = plain_of(text)
    if not plain or len(plain) > _LONGEST_CANCEL:
        return False
    return bool(_CANCEL_ZH.fullmatch(plain.replace(" ", "")) or _CANCEL_EN.fullmatch(plain))


def correction(text: str, slots: Mapping[str, Sequence[str]]) -> Correct | None:
    """What the customer takes back: the slot they name, else None in it for the last; with the new value when they give it.

    `slots`: what may be taken back, the last first, each with the names it goes by. None: the message corrects nothing.
    """
    cut = text[:_BOUND].strip()
    plain = normalise(cut)
    if not slots or not _SIGNAL.search(plain):
        return None
    named = [(len(normalise(name)), slot) for slot, names in slots.items() for name in names if name and normalise(name) in plain]
    match = _VALUE.search(cut) or _AFTER_SIGNAL.search(cut)
    value = match["value"].strip(" 。.!！，,") if match else ""
    if not _EMPTY.sub("", _SIGNAL.sub("", normalise(value))):  # "写错了，改一下"
        value = ""
    return Correct(max(named)[1] if named else None, value)
