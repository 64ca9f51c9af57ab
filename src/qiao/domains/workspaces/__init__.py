"""Workspaces: one company each. Owns its names, its place in the log, and the settings that belong to no other domain."""
