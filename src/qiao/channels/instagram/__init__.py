"""Instagram: direct messages to a professional account, and the comments under its posts."""
