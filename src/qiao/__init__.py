"""Qiao 桥: the bridge between a company and its customers."""
