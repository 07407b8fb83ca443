"""How long 1-row queries take for 1 and for 8 clients at once: median and 95th percentile [ms].

    python tests/bench/bench_service.py URL QUERY [SECONDS]

URL is that of a TAP service, such as http://127.0.0.1:8080/tap. No request may fail.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time

import httpx


def _ask(url: str, query: str, until: float, took: list[float], failed: list[str]) -> None:
    form = {"LANG": "ADQL", "QUERY": query}
    with httpx.Client(timeout=60) as client:
        while time.monotonic() < until:
            began = time.perf_counter()
            answer = client.post(f"{url}/sync", data=form)
            took.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                failed.append(answer.text[-300:])


def measure(url: str, query: str, clients: int, seconds: float) -> tuple[int, float, float, int]:
    """The requests, their median and 95th percentile [ms], and how many failed."""
    took, failed, until = list[float](), list[str](), time.monotonic() + seconds
    threads = [threading.Thread(target=_ask, args=(url, query, until, took, failed)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        print(failed[0], file=sys.stderr)
    return len(took), statistics.median(took), statistics.quantiles(took, n=20)[-1], len(failed)


def main() -> None:
    """Print a table."""
    url, query = sys.argv[1].rstrip("/"), sys.argv[2]
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 10
    measure(url, query, 1, 1)
    print("clients  requests  p50 [ms]  p95 [ms]  p95/p50  failed")
    for clients in (1, 8):
        count, p50, p95, failed = measure(url, query, clients, seconds)
        print(f"{clients:7}  {count:8}  {p50:8.1f}  {p95:8.1f}  {p95 / p50:7.2f}  {failed:6}")


if __name__ == "__main__":
    main()
