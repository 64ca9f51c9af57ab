"""Webhooks: a company's own systems told of what happened, by the Standard Webhooks specification.

Promises: every fact that an endpoint asked for is sent at least once, always under the same `webhook-id`; a receiver that is slow or away
holds up itself alone; secrets and header values go in and never come out.
"""
