"""The audit log: who did what to the security of a workspace, when and from where, so that nobody can change it unseen.

Promises: entries are numbered without gaps; each holds the digest of the one before; the head is signed with the installation's key and
written outside the database; the database refuses to change or delete an entry. No secret is part of one.
"""
