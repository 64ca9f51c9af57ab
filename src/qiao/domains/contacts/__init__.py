"""Contacts: the people who write to the company, and the proofs of who they are.

Owns contacts, visitor tokens and the joining of an anonymous visitor with a proven identity. What a page or a message claims is kept as
a claim and never used to join.
"""
