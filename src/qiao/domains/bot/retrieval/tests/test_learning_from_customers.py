"""What thumbs teach: how much recency and popularity count in this workspace, and nothing where they say nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText, Tuning, Verdict, learn
from qiao.domains.bot.retrieval.tuning import FEATURES, START

pytestmark = pytest.mark.slow

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TOPICS, DIMENSIONS = 30, 40
RECENT, POPULAR = FEATURES.index("recent"), FEATURES.index("popular")


def unit(row: np.ndarray) -> np.ndarray:
    return (row / np.linalg.norm(row)).astype(np.float32)


def topic_row(topic: int, aside: float, way: int) -> np.ndarray:
    row = np.zeros(DIMENSIONS)
    row[topic], row[TOPICS + way] = 1, aside
    return unit(row)


def asked(topic: int) -> np.ndarray:
    return topic_row(topic, 0.0, 0)


def pairs() -> list[Entry]:
    """Each topic twice: as it was written long ago, a little nearer to what is asked, and as it is now."""
    found: list[Entry] = []
    for topic in range(TOPICS):
        for now, (aside, days) in enumerate([(0.45, 600), (0.55, 2)]):
            text = IndexedText(f"t{topic}v{now}", topic_row(topic, aside, now))
            found.append(Entry(ident(topic, now), "faq", "en", "", (text,), None, NOW - timedelta(days=days)))
    return found


def ident(topic: int, now: int) -> UUID:
    return UUID(int=(topic * 2 + now + 1) * 7919)


def verdict(topic: int, now: int, *, helpful: bool, at: datetime | None = None) -> Verdict:
    return Verdict(f"question {topic}", asked(topic), "en", ident(topic, now), helpful, at)


def found_first(tuning: Tuning, topics: range) -> list[int]:
    index = AnswerIndex.build(pairs(), tuning)
    return [int(index.search("", asked(topic))[0].entry_id == ident(topic, 1)) for topic in topics]


def test_customers_who_want_what_is_new_are_given_it_in_topics_they_never_judged():
    judged = range(20)
    verdicts = [verdict(topic, 0, helpful=False) for topic in judged] + [verdict(topic, 1, helpful=True) for topic in judged]
    learned = learn(pairs(), verdicts).tuning
    unjudged = range(20, TOPICS)
    assert learned.weights[RECENT] > 5 * START[RECENT]
    assert sum(found_first(Tuning(), unjudged)) == 0
    assert sum(found_first(Tuning(weights=learned.weights), unjudged)) == len(unjudged)


def test_customers_who_are_served_by_what_is_old_keep_it():
    verdicts = [verdict(topic, 0, helpful=True) for topic in range(20)]
    learned = learn(pairs(), verdicts).tuning
    assert sum(found_first(Tuning(weights=learned.weights), range(20, TOPICS))) == 0


def test_a_few_thumbs_teach_nothing_yet():
    assert learn(pairs(), [verdict(1, 0, helpful=False), verdict(2, 1, helpful=True)]).tuning.weights == START


def test_a_thumb_down_on_an_answer_that_was_mended_since_teaches_nothing():
    old = NOW - timedelta(days=30)
    verdicts = [verdict(topic, 1, helpful=False, at=old) for topic in range(20)]
    assert learn(pairs(), verdicts).tuning.weights == START
    later = [verdict(topic, 0, helpful=False, at=old) for topic in range(20)]
    assert learn(pairs(), later).tuning.weights != START


def crowd() -> list[Verdict]:
    """Customers come for one of the two again and again, which is the one a little further from their words."""
    return [verdict(topic, 1, helpful=True) for _ in range(4) for topic in range(20)]


def test_what_helps_again_and_again_counts_more_where_customers_come_for_it():
    learned = learn([undated(one) for one in pairs()], crowd()).tuning
    assert learned.weights[POPULAR] > 2 * START[POPULAR]
    assert all(learned.popular[ident(topic, 1)] > 0.9 for topic in range(20))
    assert sum(found_first(Tuning(popular=learned.popular), range(20))) == 0
    assert sum(found_first(Tuning(weights=learned.weights, popular=learned.popular), range(20))) == 20


def test_popularity_is_not_learned_from_the_thumbs_that_made_it():
    """Each question is judged once: that its answer has a thumb says nothing of any other question."""
    once = [verdict(topic, topic % 2, helpful=True) for topic in range(20)]
    assert learn([undated(one) for one in pairs()], once).tuning.weights[POPULAR] <= 2 * START[POPULAR]


def undated(entry: Entry) -> Entry:
    return Entry(entry.id, entry.kind, entry.language, entry.title, entry.texts)


def test_rehearsals_alone_never_move_what_only_customers_tell():
    random = np.random.default_rng(3)
    manners = [unit(random.normal(size=DIMENSIONS)) for _ in range(3)]
    entries: list[Entry] = []
    for number in range(TOPICS):
        row = unit(random.normal(size=DIMENSIONS))
        texts = tuple(
            IndexedText(
                f"a{number}x{at}", unit(row + sum((1.5 * random.normal() * way for way in manners), np.zeros(DIMENSIONS)))
            )
            for at in range(4)
        )
        entries.append(Entry(UUID(int=number + 1), "faq", "en", "", texts, None, NOW - timedelta(days=number * 20)))
    weights = learn(entries).tuning.weights
    assert (weights[RECENT], weights[POPULAR]) == (START[RECENT], START[POPULAR])


def test_learning_from_verdicts_is_deterministic():
    verdicts = [verdict(topic, 0, helpful=False) for topic in range(20)]
    assert learn(pairs(), verdicts) == learn(pairs(), verdicts)
