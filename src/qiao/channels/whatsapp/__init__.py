"""WhatsApp: a business number on the Cloud API. What crosses the wire is in `codec` (in) and `calls` (out)."""
