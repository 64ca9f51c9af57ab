"""Delivery: gets replies out through the channel of their inbox and records what became of each.

Owns the outbox (a row a reply, a row a send), whose turn it is in which conversation, and the templates of inboxes. Promises: replies of a
conversation go out in their order, one at a time over all processes; each send has a key that stays the same over retries; what is sent
is not sent again; what does not go is visible with its reason, and nothing goes late by surprise.
"""
