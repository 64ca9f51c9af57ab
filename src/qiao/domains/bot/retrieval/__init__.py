"""Finding the knowledge that answers a question: pure, in memory, no IO.

`AnswerIndex` holds one workspace's answers; `search` returns candidates with the signals the zones decide on. It is immutable:
a change makes a new index that shares almost everything with the old one, so searches never wait for a writer.
"""

from qiao.domains.bot.retrieval.contracts import Candidate, Entry, IndexedText
from qiao.domains.bot.retrieval.index import AnswerIndex
from qiao.domains.bot.retrieval.learning import Learned, learn
from qiao.domains.bot.retrieval.lessons import Verdict
from qiao.domains.bot.retrieval.tuning import Tuning

__all__ = ["AnswerIndex", "Candidate", "Entry", "IndexedText", "Learned", "Tuning", "Verdict", "learn"]
