"""Xiaohongshu: pushes of a mini program (sealed), or of a partner who has access to private messages; both read by a mapping."""
