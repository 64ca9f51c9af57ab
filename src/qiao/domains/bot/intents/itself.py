"""Whether somebody asks what they are talking with. The answer is always the same: a machine."""

from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

_BOUND = 120
_MARKS = lazy_pattern(r"[\W_]+")
_ASKING = "吗|么|吧|嘛|啊|呀|呢"
_TOLD = "真人客服|人工客服|真人|活人|机器人|人工智能|自动回复|chatgpt|gpt|ai(?:客服|助手)?"
"""What can be asked of "this" as well; anything else may be a question about something that is sold."""
_THING = f"(?:个|一个|一台)?(?:智能|客服|聊天)?(?:{_TOLD}|人工|人类|机器|电脑|程序|人)"
_YOU = "(?:[你妳]们?|您|对面|对方|[跟和]我(?:聊天?|说话)的)"


def _asked(who: str, thing: str) -> str:
    return (
        f"{who}(?:现在|到底|究竟|真的|其实)*(?:(?:是不是|是否是?){thing}(?:(?:{_ASKING})|还是{thing}(?:{_ASKING})?)?"
        f"|不?是(?:真的)?{thing}(?:(?:{_ASKING})|还是{thing}(?:{_ASKING})?))"
    )


_ZH = lazy_pattern(
    f"(?:请问|那|所以|等等|你好|您好)*(?:{_asked(_YOU, _THING)}|{_asked('这(?:边|里)?', f'(?:个|一个)?(?:{_TOLD})')})"
)
_KIND_EN = "(?:a |an |some |any )?(?:(?:real|live|actual|human|ai|chat|automated|virtual) )*"
_TOLD_EN = f"{_KIND_EN}(?:human(?: being)?|person|bot|robot|ai|a i|artificial intelligence|chatbot|gpt|chatgpt)"
_THING_EN = f"(?:{_TOLD_EN}|{_KIND_EN}(?:machine|computer|program|real|automated|assistant|agent))"
_REALLY = "(?: (?:really|actually|just|even|only|truly|all|in fact))*"
_EN = lazy_pattern(
    "(?:(?:so|wait|hey|hi|hello|sorry|but|and|please|tell me) )*"
    f"(?:(?:(?:are|r) (?:you|u|ya)|you are|you re|am i (?:talking|speaking|chatting|writing|texting) (?:to|with)){_REALLY} {_THING_EN}"
    f"|is (?:this|that){_REALLY} {_TOLD_EN})(?: or (?:not|{_THING_EN}))?(?: (?:or what|right|please|here|there|now))*"
)


def asks_what_it_is(text: str) -> bool:
    """Whether the writer asks if this is a person or a machine: 你是真人吗, "are you a bot or a human?"."""
    plain = " ".join(_MARKS.sub(" ", normalise(text[:_BOUND])).split())
    return bool(_ZH.fullmatch(plain.replace(" ", "")) or _EN.fullmatch(plain))
