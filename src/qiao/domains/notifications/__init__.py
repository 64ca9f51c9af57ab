"""Notifications: what a person is told because it concerns them.

Owns one row a person and thing told. Promises: a fact tells a person once, however often it is handled; nobody is told what they did
themselves; the newest KEPT of a person stay, older ones go. A notification is a pointer: the truth is where it points.
"""
