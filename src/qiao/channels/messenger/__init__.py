"""Messenger: private messages to a Facebook page, and the comments under its posts."""
