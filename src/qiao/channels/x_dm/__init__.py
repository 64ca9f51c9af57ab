"""X: direct messages to a company's account (account activity webhooks in, API v2 out; both belong to a paid tier)."""
