"""Telegram: a bot of the company's that customers write to (Bot API). What crosses the wire is in `codec`."""
