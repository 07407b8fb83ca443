"""Progress bars on stderr, for library functions that report (label, done, total)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""What a long function calls: the label of the step, units done, and their total where it is known."""


@contextlib.contextmanager
def progress_bars(shown: bool) -> Iterator[Progress]:
    """A Progress that draws one bar for each label, with its rate; one that does nothing unless `shown`."""
    if not shown:
        yield lambda label, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:>13,.0f}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Bars(*columns, console=Console(stderr=True)) as bars:

        def report(label: str, done: int, total: int | None) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total, rate="")
            task = bars.tasks[bars.task_ids.index(tasks[label])]
            rate = f"{done / task.elapsed:,.0f}/s" if task.elapsed else ""
            bars.update(tasks[label], completed=done, total=total, rate=rate)

        yield report
