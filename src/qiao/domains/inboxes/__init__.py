"""Inboxes: one configured account of a channel each. Owns their settings, hours and identity keys, and the list of channels."""
