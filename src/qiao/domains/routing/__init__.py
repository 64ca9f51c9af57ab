"""Routing: who gets a waiting conversation, and when.

Owns the record of waits from which estimates are made, the rules that say for which team a conversation is, and how urgent each is.
Promises: longest waiting first within a team, the urgent with a head start; the least loaded of those who are
online, may answer and are under their limit; a limit is never exceeded; a conversation whose customer waits on an agent who has gone goes
back to its old place in the queue.
"""
