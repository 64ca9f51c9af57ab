"""Analytics: what a company sees of its own work.

Owns a projection, one row a conversation, kept from the log by a subscriber; the log stays the truth and the projection can be made anew
from it. Promises: every figure has a written formula (`definitions`), days are those of the workspace's own time zone, intervals are
half-open, what happens late restates its day, and only people stop a first-response clock, never the bot.
"""
