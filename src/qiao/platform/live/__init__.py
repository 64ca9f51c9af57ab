"""Sockets: bounded outboxes, topics, the feed that follows the log, and who is here now.

Hints travel by the bus; truth is read by number.
"""
