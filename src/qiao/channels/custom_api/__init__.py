"""A company's own app as a channel: events in and replies out as JSON, both signed by the Standard Webhooks specification."""
