"""Suites that every implementation of a port runs. Used by tests alone."""
