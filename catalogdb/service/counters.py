"""Counters for monitoring, as Prometheus and its kin collect them at /metrics."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Counters:
    """What one service has done since it started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "catalogdb_requests", "Requests answered", ["status"], registry=self.registry
        )
        self._seconds = Histogram(
            "catalogdb_request_seconds", "Time of a request", buckets=_SECONDS, registry=self.registry
        )
        self._rows = Counter("catalogdb_rows", "Rows sent", registry=self.registry)
        self._bytes = Counter("catalogdb_bytes", "Bytes sent", registry=self.registry)

    def request(self, status: int, seconds: float, rows: int, sent: int) -> None:
        """Count a request; status 0 is a client that went away."""
        self._requests.labels(str(status)).inc()
        self._seconds.observe(seconds)
        self._rows.inc(rows)
        self._bytes.inc(sent)

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Show what `value` gives whenever it is asked."""
        Gauge(f"catalogdb_{name}", about, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        """All of them in the text format of Prometheus."""
        return bytes(generate_latest(self.registry))
