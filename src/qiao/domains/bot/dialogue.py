"""What to do about a customer's message: pure decisions over what was said before and what was found."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct

from qiao.domains.bot.contracts import CandidateView, PastTurn, Zone
from qiao.domains.bot.intents import asks_what_it_is, is_angry, is_emergency, small_talk, wants_person
from qiao.domains.bot.zones import Decision
from qiao.kit.lazy import lazy_pattern
from qiao.kit.text import detect_language, normalise, retrieval_terms

HandOverReason = Literal["asked", "unsure", "angry", "emergency", "agents_only", "flow"]
UNSURE_IN_A_ROW = 2
PATIENCE_WITH_OFFERS = 2
_MARKS = lazy_pattern(r"[\W_]+")
_NUMBERS = {"1": 0, "一": 0, "第一个": 0, "2": 1, "二": 1, "第二个": 1, "3": 2, "三": 2, "第三个": 2} | {
    "first": 0, "the first": 0, "the first one": 0, "second": 1, "the second": 1, "the second one": 1,
    "third": 2, "the third": 2, "the third one": 2,
}  # fmt: skip
_NONE_OF_THEM = lazy_pattern(
    "都?不是(?:的|这些?|这个)?|没有(?:我要的)?|none(?: of (?:them|these|those))?|neither|no|nope|not (?:these|this|really)"
)
_YES = lazy_pattern(
    "好+(?:的|啊|吧)?|要的?|行|可以|嗯+|是的?|对|需要|转吧?|yes(?: please)?|yeah|yep|yup|ok(?:ay)?|sure|please(?: do)?|go ahead"
)
_FEW_LETTERS = 4


class Said(Struct, frozen=True, kw_only=True):
    """The message to be answered, and what came before it in this conversation."""

    text: str
    has_files: bool = False
    option: UUID | None = None
    turns: Sequence[PastTurn] = ()
    """Earlier turns, oldest first."""


class Act(Struct, frozen=True, kw_only=True):
    """What the bot does. `entry_id` is what it answers with, `options` what it offers, `say` its own sentence otherwise.

    For a hand-over out of a flow: `matter` is what it is about, `known` what was gathered, `team_id` and `skill` who should get it.
    """

    zone: Zone
    reason: str
    entry_id: UUID | None = None
    options: tuple[UUID, ...] = ()
    say: str = ""
    hand_over: HandOverReason | None = None
    matter: str = ""
    known: Mapping[str, str] = {}
    team_id: UUID | None = None
    skill: str | None = None


def at_sight(said: Said) -> Act | None:
    """What needs no search: what the bot is, danger, a wish for a person, anger, a chosen option, courtesies, files alone. None: search."""
    return next(
        (act for look in (_itself, _urgent, _chosen, _reaction, _courtesy, _wordless) if (act := look(said)) is not None), None
    )


def _itself(said: Said) -> Act | None:
    return Act(zone="small_talk", reason="itself", say="itself") if asks_what_it_is(said.text) else None


def _urgent(said: Said) -> Act | None:
    if is_emergency(said.text):
        return Act(zone="hand_over", reason="emergency", say="emergency", hand_over="emergency")
    if wants_person(said.text):
        return Act(zone="hand_over", reason="asked", hand_over="asked")
    if is_angry(said.text):
        return Act(zone="hand_over", reason="angry", say="angry", hand_over="angry")
    return None


def _chosen(said: Said) -> Act | None:
    option = chosen_option(said)
    return Act(zone="answer", reason="option", entry_id=option) if option is not None else None


def _reaction(said: Said) -> Act | None:
    """A yes to the offer of a person, a no to offered entries."""
    last = said.turns[-1] if said.turns else None
    plain = _plain(said.text)
    if last is not None and last.reason == "unknown" and _YES.fullmatch(plain):
        return Act(zone="hand_over", reason="asked", hand_over="asked")
    if last is not None and last.zone == "offer" and _NONE_OF_THEM.fullmatch(plain):
        return Act(zone="hand_over", reason="none_chosen", say="unsure", hand_over="unsure")
    return None


def _courtesy(said: Said) -> Act | None:
    talk = small_talk(said.text)
    return Act(zone="small_talk", reason=talk, say=talk) if talk is not None else None


def _wordless(said: Said) -> Act | None:
    """Files alone, marks or pictures of faces: nothing to search for."""
    if retrieval_terms(said.text):
        return None
    if said.has_files:
        return Act(zone="hand_over", reason="files", say="files", hand_over="unsure")
    if said.turns and said.turns[-1].reason == "unclear":
        return Act(zone="hand_over", reason="unclear", say="unsure", hand_over="unsure")
    return Act(zone="small_talk", reason="unclear", say="unclear")


def chosen_option(said: Said) -> UUID | None:
    """The offered entry that the message chooses: by the widget's button, by its number, or by its title."""
    if said.option is not None:
        return said.option
    last = said.turns[-1] if said.turns else None
    if last is None or last.zone != "offer":
        return None
    plain = _plain(said.text)
    number = _NUMBERS.get(plain)
    if number is not None and number < len(last.candidates):
        return last.candidates[number].entry_id
    return next((one.entry_id for one in last.candidates if plain and _plain(one.title) == plain), None)


def after_search(said: Said, decision: Decision, candidates: Sequence[CandidateView], *, hand_over_when_unsure: bool) -> Act:
    """What the zone of what was found means here: patience has an end."""
    ids = tuple(one.entry_id for one in candidates)
    doubts = unsure_streak(said.turns)
    if decision.zone == "answer" and ids:
        return Act(zone="answer", reason=decision.reason, entry_id=ids[0])
    if decision.zone == "offer" and ids and doubts < PATIENCE_WITH_OFFERS:
        return Act(zone="offer", reason=decision.reason, options=ids, say="offer" if len(ids) > 1 else "offer_one")
    if hand_over_when_unsure or doubts + 1 >= UNSURE_IN_A_ROW:
        return Act(zone="hand_over", reason=decision.reason, say="unsure", hand_over="unsure")
    return Act(zone="hand_over", reason="unknown", say="unknown")


def unsure_streak(turns: Sequence[PastTurn]) -> int:
    """How many of the last turns, without a break, ended without an answer: not known, or offered and not chosen."""
    streak = 0
    for turn in reversed(turns):
        if turn.handed_over or turn.zone not in {"hand_over", "offer"}:
            break
        streak += 1
    return streak


def left_unanswered(said: Said, act: Act) -> PastTurn | None:
    """The offer before, when the customer chose nothing of it and did not simply take leave."""
    last = said.turns[-1] if said.turns else None
    if last is None or last.zone != "offer" or act.reason in {"option", "thanks", "ack", "bye"} or act.reason.startswith("flow_"):
        return None
    return last


def language_of(text: str, known: str | None) -> str:
    """What the customer writes in. A few letters or a courtesy say nothing against what is known."""
    default = known or "zh"
    letters = [letter for letter in text if letter.isalpha()]
    han = any("\u4e00" <= letter <= "\u9fff" for letter in letters)
    if known is not None and (small_talk(text) is not None or (len(letters) < _FEW_LETTERS and not han)):
        return known
    return detect_language(text, default)


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", normalise(text[:200])).split())
