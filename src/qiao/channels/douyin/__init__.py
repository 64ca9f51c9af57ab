"""Douyin (抖音) open platform: direct messages to a business account, and comments under its videos."""
