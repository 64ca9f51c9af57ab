"""Reception: from a provider's words to stored messages.

Owns the lanes that read receipts, the names that providers gave to messages, where each conversation's replies go, and the fetching of
files and of what lies ready elsewhere. Promises: what was delivered is stored once, in the order of its arrival, with whoever wrote it;
what cannot be read is put aside with its reason and holds up nobody else.
"""
