"""The bot that answers first, and knows when to step aside for a person."""
