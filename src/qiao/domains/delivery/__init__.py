"""Delivery: gets replies out through the channel of their inbox and records what became of each.

Owns the outbox: one row a reply. Promises: a reply is handed to the channel at least once after its commit, with a key that stays the same
over retries; what cannot be delivered is visible with its reason.
"""
