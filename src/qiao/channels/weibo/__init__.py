"""Weibo: private messages of the fans service, and mentions and comments as public threads."""
