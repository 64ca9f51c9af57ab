"""Conversations: what customers and the company say to each other, in one order, whoever answers.

Owns conversations, messages, drafts and the search over messages. Promises: an acknowledged message is committed; the same client id is
one message forever; `seq` is dense and rising in a conversation; one conversation has at most one assignee and an inbox and contact have
at most one that is not resolved. Leaves to others: who should answer (routing), what the bot says (bot), getting replies out (delivery).
"""
