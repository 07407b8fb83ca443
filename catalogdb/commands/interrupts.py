"""Ctrl-C while DuckDB is at work: its queries are stopped from another thread."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

from catalogdb.connect import interrupt_all


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Stop running queries when SIGINT arrives; yields whether it has.

    Python notes a signal in the main thread, which does nothing else while it waits for DuckDB. But
    the signal's number is written to a pipe at once, and a thread reads it there. The main thread has
    its KeyboardInterrupt as soon as the query has ended.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    receive, send = os.pipe()
    os.set_blocking(send, False)
    seen = threading.Event()

    def watch() -> None:
        while byte := os.read(receive, 1):
            if byte[0] == signal.SIGINT:
                seen.set()
                interrupt_all()

    watcher = threading.Thread(target=watch, name="interrupts", daemon=True)
    watcher.start()
    before = signal.set_wakeup_fd(send, warn_on_full_buffer=False)
    try:
        yield seen.is_set
    finally:
        signal.set_wakeup_fd(before)
        os.close(send)
        watcher.join()
        os.close(receive)
