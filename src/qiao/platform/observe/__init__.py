"""Logs and figures of the running program. No secret and no text of a customer is written to either."""
