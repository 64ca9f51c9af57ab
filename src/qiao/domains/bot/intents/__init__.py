"""What a message wants of the conversation rather than of the knowledge. Pure rules, Chinese and English, total over any text."""

from qiao.domains.bot.intents.follow_up import is_question_follow_up, named_alone, with_context
from qiao.domains.bot.intents.itself import asks_what_it_is
from qiao.domains.bot.intents.manner import SmallTalk, small_talk, without_courtesies
from qiao.domains.bot.intents.mood import is_angry, is_emergency
from qiao.domains.bot.intents.person import is_bare_wish, wants_person
from qiao.domains.bot.intents.splitting import MAX_QUESTIONS, split

__all__ = [
    "MAX_QUESTIONS",
    "SmallTalk",
    "asks_what_it_is",
    "is_angry",
    "is_bare_wish",
    "is_emergency",
    "is_question_follow_up",
    "named_alone",
    "small_talk",
    "split",
    "wants_person",
    "with_context",
    "without_courtesies",
]
