"""Questions that lean on the one before: "and to Canada?", 那换货呢？"""

import re
from collections.abc import Sequence

from qiao.domains.bot.intents.manner import small_talk
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

_BOUND = 500
_LEANING_ZH = lazy_pattern(
    r"^(?:那么?|那如果|如果是|要是|换成|还有|另外|然后|而且|万一|这个|那个|它|他们|她们|这种|那种|这样|那样|这些|那些|上面|刚才|除此|其他的?)"
    r"|[\u4e00-\u9fffa-z0-9 ]{1,10}呢$"
    r"|(?:它们?|这个|那个|这样|那样|这种|那种|其中|上述)(?:的|要|能|可|会|是|多|怎|有|吗)"
)
_BARE_ZH = lazy_pattern(
    r"(?:请问|那|大概|一般|具体|到底|是|需要|要|得|还要|有)*"
    r"(?:为什么|为啥|怎么会|多久|多长时间|要?等?多久|什么时候|啥时候|几天|多少钱|多少|贵吗|免费吗|要钱吗|怎么弄|怎么办|怎么做|怎么操作|怎么说|在哪|在哪里|哪里|哪儿|哪个|哪种|真的|真的吗"
    r"|可以吗|行吗|能吗|有吗|是吗|然后呢|还有吗|还有呢|举个例子|详细点|说详细点|具体点|几个|多大|谁付|谁出)"
    r"(?:呢|啊|呀|吗|了|能?会?到|能?会?好|才能?到|能?发货|的)*"
)
_LEANING_EN = lazy_pattern(
    r"^(?:and|but|or|so|then|also|what about|how about|what if|and if|even if|same for|what else|anything else|instead)\b"
    r"|^(?:is|are|does|do|can|could|will|would|did|was|has|should) (?:it|they|that|this|those|these|them|he|she)\b"
    r"|^(?:how|when|where|why|what|which|who)(?: \w+)? (?:is|are|does|do|can|could|will|would|did|should) (?:it"
    r"|they|that|this|those|these)\b"
    r"|\b(?:do|use|get|change|cancel|return|have|buy|keep|send|make) (?:it|that|them)\b|^which one\b"
    r"|\b(?:it|them|that one|this one|the other one|those|these|that)$"
    r"|^(?:to|from|in|for|with|without|by) (?:\w+ ?){1,3}$"
)
_BARE_EN = lazy_pattern(
    r"(?:and |so |but |ok |okay )*(?:why|why not|how|how come|when|where|who|which|which one|how long|how much"
    r"|how many|how often|how soon|how far|how big|what time"
    r"|how so|really|since when|until when|how do i do (?:that|it)|what does (?:that|it) mean|what do you mean"
    r"|more details?|tell me more|for example|like what|such as|how exactly|who pays|is it free|at what cost)"
    r"(?: exactly| then| please| is it| is that| does it take| will it take| does it cost| would it be| not)*"
)
_SHORT_ZH = 12
_SHORT_EN = 8
_ASKING = lazy_pattern(
    r"请问|我想问一下|想问一下|麻烦问一下|你好|您好|吗|呢|呀|啊|怎么|如何|什么|为什么|可以|能不能|可不可以|多久|多少|几天|^那么?|^还有|^另外"
)
# Puts nothing in the old thing's place but asks something of it: 它要多久, 那运费谁出.
_ASKS_BY_ITSELF = lazy_pattern("^(?:它们?|这个|那个|这种|那种)|谁|多久|几天|为什么|怎么|什么|哪里|能不能|可不可以|吗$")
_STOP_EN = lazy_pattern(
    r"(?:a|an|the|i|you|we|they|it|he|she|my|your|our|is|are|was|were|be|been|do|does|did|can|could|will|would"
    r"|should|may|might|must|have|has|had|to|of|in|on|at|for|with|from|by|and|or|but|so|if|then|what|which|who"
    r"|whom|whose|when|where|why|how|long|much|many|please|hi|hello|hey|there|this|that|these|those|me|us|them"
    r"|about|also|there's|get|any|some)"
)
_PREDICATE_ZH = lazy_pattern(
    "怎么样?|怎样|如何|用?多少|多久|几[天点个次]|什么|可以|能不能|能|有没有|哪|要不要|需要|会不会|是不是|在哪"
)
_PREPOSITION_EN = lazy_pattern("(to|from|in|for|with|without|by) ")
_MARKS = lazy_pattern(r"[^\w\s'\u4e00-\u9fff]+")
_HAN = lazy_pattern(r"[\u4e00-\u9fff]")


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", normalise(text[:_BOUND])).split())


def is_question_follow_up(text: str) -> bool:
    """Whether a message cannot be understood without the question before it."""
    plain = _plain(text)
    if not plain:
        return False
    if _HAN.search(plain):
        return bool(_BARE_ZH.fullmatch(plain)) or (len(plain) <= _SHORT_ZH and bool(_LEANING_ZH.search(plain)))
    return bool(_BARE_EN.fullmatch(plain)) or (len(plain.split()) <= _SHORT_EN and bool(_LEANING_EN.search(plain)))


def with_context(question: str, previous_questions: Sequence[str]) -> str:
    """The question to search for: a follow-up completed from the last whole question, anything else as it is.

    `previous_questions` are the same customer's, oldest first. What only asks for more (why, how long) gets the topic in front;
    what names something new ("and for oolong?" after one about green tea) takes the old thing's place.
    """
    if not is_question_follow_up(question):
        return question
    whole = next(
        (
            earlier
            for earlier in reversed(previous_questions)
            if _plain(earlier) and not is_question_follow_up(earlier) and small_talk(earlier) is None
        ),
        "",
    )
    if not whole:
        return question
    new = _lead_off(question)
    if _is_bare(_plain(question)) or _ASKS_BY_ITSELF.search(new):
        return f"{_topic(whole)} {new}".strip()
    return _put_into(new, _plain(whole))


def named_alone(question: str, previous_questions: Sequence[str]) -> str | None:
    """What a follow-up names, searched for without the question before: "那运费呢" after one about delivery may ask about postage itself.

    None when it is no follow-up, names nothing, or there is nothing before it.
    """
    if not previous_questions or not is_question_follow_up(question) or _is_bare(_plain(question)):
        return None
    new = _lead_off(question)
    return None if _ASKS_BY_ITSELF.search(new) or _PREPOSITION_EN.match(new) else new


def _put_into(new: str, whole: str) -> str:
    """The old question asked of something new: its subject, or what follows its preposition, replaced."""
    if _HAN.search(whole):
        asking = _PREDICATE_ZH.search(whole)
        if asking is None:
            return f"{new} {_topic(whole)}"
        return new + whole[asking.start() :] if asking.start() else asking[0] + new
    preposition = _PREPOSITION_EN.match(new)
    if preposition and f" {preposition[1]} " in whole:
        return f"{whole.rsplit(f' {preposition[1]} ', 1)[0]} {new}"
    action = _topic(whole).split(" ")[0]
    return f"{new} {new} {action}".strip()


def _is_bare(plain: str) -> bool:
    return bool(_BARE_ZH.fullmatch(plain) or _BARE_EN.fullmatch(plain))


def _topic(question: str) -> str:
    """The words of a question that say what it is about."""
    plain = _plain(question)
    if _HAN.search(plain):
        return _ASKING.sub("", plain)[:40]
    return " ".join(word for word in plain.split() if not _STOP_EN.fullmatch(word))[:80]


def _lead_off(question: str) -> str:
    """Without the words that only tie it to the question before."""
    plain = re.sub(r"^(?:那么?(?![个种些样里边儿])|还有|另外|然后|and|but|so|what about|how about)\s*", "", _plain(question))
    return re.sub("呢$", "", plain) or _plain(question)
