"""Adapters to things outside, behind qiao.ports."""
