"""Figures for Prometheus. Labels never carry a workspace, a person or a text."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("qiao_http_requests", "HTTP requests", ["method", "status"])
REQUEST_SECONDS = Histogram(
    "qiao_http_request_seconds", "Time to answer an HTTP request", buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
)
SOCKETS = Gauge("qiao_sockets", "Open sockets of this process")
