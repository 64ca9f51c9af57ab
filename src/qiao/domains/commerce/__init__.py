"""Commerce: a shop's orders for the bot and the agents. Owns the built-in store, which provider a workspace uses, and the record of
every call; promises that nobody reaches an order that is not theirs.
"""
