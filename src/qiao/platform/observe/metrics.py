"""Figures for Prometheus. Labels never carry a workspace, a person or a text."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("qiao_http_requests", "HTTP requests", ["method", "status"])
REQUEST_SECONDS = Histogram(
    "qiao_http_request_seconds", "Time to answer an HTTP request", buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
)
SOCKETS = Gauge("qiao_sockets", "Open sockets of this process")

WEBHOOK_WAITING = Gauge("qiao_webhook_waiting", "Webhook deliveries that wait, of the whole installation")
WEBHOOK_OLDEST = Gauge("qiao_webhook_oldest_seconds", "How long the oldest of them has waited")
WEBHOOK_FAILED = Gauge("qiao_webhook_failed", "Webhook deliveries of the last 30 days that were given up")
WEBHOOK_ENDPOINTS = Gauge("qiao_webhook_endpoints", "Webhook endpoints by how they fare", ["state"])
WEBHOOK_TRIES = Counter("qiao_webhook_tries", "Requests to webhook endpoints by how they ended", ["verdict"])
WEBHOOK_SECONDS = Histogram(
    "qiao_webhook_seconds", "Time of a request to a webhook endpoint", buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
)
