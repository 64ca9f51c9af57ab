"""What an editor wrote down word for word is answered, whatever the rehearsals taught."""

from uuid import uuid4

from qiao.domains.bot.retrieval import Candidate
from qiao.domains.bot.zones import ZoneThresholds, decide

STRICT = ZoneThresholds(answer_at=0.98, examples=400, first=(4.4, 9.8, -0.5, -1.3, -2.7))


def candidate(semantic: float | None, lexical: float, score: float = 1.0) -> Candidate:
    return Candidate(
        entry_id=uuid4(),
        kind="faq",
        score=score,
        lexical=lexical,
        semantic=semantic,
        matched="how do I return a kettle",
        language="en",
    )


def test_the_editors_own_words_are_answered() -> None:
    decision = decide([candidate(1.0, 1.0), candidate(0.52, 0.6, 0.75)], STRICT)
    assert (decision.zone, decision.confidence) == ("answer", 0.99)


def test_words_alone_are_enough_where_there_is_no_model() -> None:
    assert decide([candidate(None, 1.0), candidate(None, 0.4, 0.4)], STRICT).zone == "answer"


def test_the_same_words_in_two_entries_are_offered() -> None:
    assert decide([candidate(1.0, 1.0), candidate(0.95, 0.9, 0.98)], STRICT).zone == "offer"


def test_nearly_the_editors_words_are_weighed_as_before() -> None:
    assert decide([candidate(0.8, 0.7, 0.9), candidate(0.5, 0.5, 0.7)], STRICT).zone == "offer"
