"""Log records carry the run id, as text and as JSON."""

import json
import logging
from collections.abc import Iterator

import pytest

from catalogdb import Store, Table
from catalogdb.errors import SettingError
from catalogdb.log import RUN_ID, configure


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("catalogdb", "ingest", "analysis")]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    token = RUN_ID.set("")
    yield
    RUN_ID.reset(token)
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_json_lines_tell_the_publication_and_its_run(
    store: Store, plain: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info", as_json=True)
    run = store.start_run("test", {})
    store.publish(plain, "SELECT 1 AS source_id", run=run)
    entries = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (entry,) = [entry for entry in entries if entry["name"] == "catalogdb.publication"]
    assert entry["run_id"] == run.run_id
    assert entry["level"] == "info"
    assert entry["message"] == f"published snapshot 1 of {store.path}: create catalogs.plain"


def test_text_has_a_level_and_configure_replaces_itself(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning")
    configure("error")
    logging.getLogger("catalogdb.x").warning("hidden")
    logging.getLogger("ingest").error("shown")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("error - ingest: shown")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(SettingError, match="no log level warn; did you mean warning"):
        configure("warn")
