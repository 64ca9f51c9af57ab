"""Slack: direct messages to an app, and mentions of it in channels. `codec` reads, `writing` writes."""
