"""Several questions in one message taken apart, so that each gets its answer.

Careful rather than eager: one question cut in two is worse than two answered as one. A message is taken apart only where sentence
marks stand between parts that each ask by themselves; what only greets, thanks or tells the circumstances stays with the question
after it (the last ones with the question before).
"""

from qiao.domains.bot.intents.follow_up import is_question_follow_up
from qiao.domains.bot.intents.manner import small_talk
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import normalise

MAX_QUESTIONS = 4
_BOUND = 1_000
# A mark ends a sentence; in Chinese a comma may stand between questions, but only after one that is plainly a question.
_SENTENCE = lazy_pattern(r"[^?\uff1f!\uff01\u3002;\uff1b\n]*[?\uff1f!\uff01\u3002;\uff1b\n]*")
_FULL_STOP_EN = lazy_pattern(r"(?<=[a-z]{2}[.])\s+(?=[A-Z])")
_COMMA_ZH = lazy_pattern(r"(?<=[吗呢么])[,，]\s*|(?<=多少|多久|几天|哪里|么办|时候|少钱)[,，]\s*")
_ASKS_ZH = lazy_pattern(
    r"[吗么]\W*$|多少|多久|几[天点个号]|什么|怎么|怎样|如何|哪[里儿个家种些]?|为什么|为啥|是否|能不能|可不可以|会不会|有没有|是不是|要不要|可以.{0,12}吗|多大|多长|多重|谁"
)
_ASKS_EN = lazy_pattern(
    r"^(?:(?:hi|hello|hey|ok|okay|also|and|so|but|please|then)[, ]+)*"
    r"(?:how|what|when|where|which|who|why|whose|is|are|am|was|were|do|does|did|can|could|will|would|should|may|have|has|had)\b"
    r"|\b(?:i(?:'d| would) like to know|tell me|wondering|let me know)\b",
)
_HAN = lazy_pattern(r"[\u4e00-\u9fff]")
_LEAST_HAN = 3
_LEAST_WORDS = 3


def split(text: str) -> list[str]:
    """The questions of a message in order, at most 4, as written but for outer blanks; [text] when it is one, or none.

    With more than four the fourth carries the rest. Nothing that was written is lost, and `text` is kept beyond 1,000 characters
    in one piece.
    """
    if len(text) > _BOUND or not text.strip():
        return [text]
    pieces = _pieces(text)
    questions = [at for at, piece in enumerate(pieces) if _asks(piece)]
    if len(questions) < 2:
        return [text]
    starts = [0, *(before + 1 for before in questions[: MAX_QUESTIONS - 1])][: len(questions)]
    ends = [*starts[1:], len(pieces)]
    return ["".join(pieces[start:end]).strip() for start, end in zip(starts, ends, strict=True)]


def _pieces(text: str) -> list[str]:
    """The sentences with their marks; joined they are the text."""
    found: list[str] = []
    for sentence in (match[0] for match in _SENTENCE.finditer(text) if match[0]):
        start = 0
        for cut in sorted({match.end() for pattern in (_COMMA_ZH, _FULL_STOP_EN) for match in pattern.finditer(sentence)}):
            found.append(sentence[start:cut])
            start = cut
        found.append(sentence[start:])
    return [piece for piece in found if piece]


def _asks(piece: str) -> bool:
    """Whether a sentence is a question of its own: it asks, is long enough to mean something, and does not lean on the one before."""
    plain = normalise(piece).strip(" ,.?!;。，？！；")
    if not plain or small_talk(plain) is not None:
        return False
    if _HAN.search(plain):
        return len(plain) >= _LEAST_HAN and bool(_ASKS_ZH.search(plain))
    asks = bool(_ASKS_EN.search(plain)) or (piece.rstrip().endswith(("?", "？")) and len(plain.split()) > _LEAST_WORDS)
    return asks and len(plain.split()) >= _LEAST_WORDS and not is_question_follow_up(plain)
