"""Pigeon Post: messages in by signed webhook, replies out by HTTP. What crosses the wire is in `codec`."""
