"""Machinery with IO and no product words."""
