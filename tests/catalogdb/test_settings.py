"""Precedence of the settings and what is refused."""

from pathlib import Path

import pytest

import catalogdb
from catalogdb.errors import QueryError, SettingError
from catalogdb.settings import SETTINGS, Settings, load_settings


def test_flag_beats_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text('memory_limit = "1GB"\nthreads = 3\nretention_days = 2\n')
    monkeypatch.setenv("CATALOGDB_THREADS", "2")
    monkeypatch.setenv("CATALOGDB_RETENTION_DAYS", "1")
    found = load_settings(tmp_path, {"retention_days": 0.5, "threads": None})
    assert (found.memory_limit, found.threads, found.retention_days) == ("1GB", 2, 0.5)
    assert found.compact_beyond == 16


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("thread = 1", r"settings.toml: no setting thread; did you mean threads\?"),
        ('threads = "many"', r"settings.toml: setting threads is 'many', not a int"),
        ("threads = true", r"setting threads is True, not a int"),
        ('progress = "maybe"', r"setting progress is 'maybe', not a bool"),
        ("threads = -1", r"setting threads is -1, but may not be negative"),
        ("retention_days = nan", r"setting retention_days is nan, but may not be negative"),
        ("threads = ", r"settings.toml: Invalid value"),
    ],
)
def test_file_is_checked(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SettingError, match=message):
        load_settings(tmp_path)


@pytest.mark.parametrize(("word", "value"), [("on", True), ("1", True), ("NO", False), ("false", False)])
def test_words_for_booleans(word: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOGDB_PROGRESS", word)
    assert load_settings(None).progress is value


def test_settings_have_one_field_each() -> None:
    assert [setting.name for setting in SETTINGS] == list(Settings.__dataclass_fields__)


def test_settings_reach_duckdb(tmp_path: Path) -> None:
    settings = load_settings(None, {"memory_limit": "300MB", "threads": 1, "max_temp_size": "1GB"})
    with catalogdb.open(tmp_path / "sky", create=True, settings=settings) as store:
        query = "SELECT name, value FROM duckdb_settings() WHERE name IN ('threads', 'memory_limit', {})"
        found = dict(store.sql(query.format("'temp_directory', 'enable_progress_bar'")).fetchall())
    assert found["threads"] == "1"
    assert found["memory_limit"] == "286.1 MiB"
    assert found["temp_directory"].startswith(str(tmp_path / "sky" / "tmp"))
    assert found["enable_progress_bar"] == "false"


def test_temporary_files_stay_within_their_limit(tmp_path: Path) -> None:
    """What is sorted, 15 MB, fits neither into the memory nor into the files; with more of these it does."""
    query = "SELECT range AS i, hash(range) AS h FROM range(2000000) ORDER BY h"
    given = {"memory_limit": "25MB", "threads": 1}
    for size, fits in (("2MB", False), ("1GB", True)):
        settings = load_settings(None, given | {"max_temp_size": size})
        with catalogdb.open(tmp_path / size, create=True, settings=settings) as store:
            if fits:
                assert store.sql(f"SELECT count(*) FROM ({query} LIMIT 1900000)").fetchall() == [(1900000,)]
            else:
                with pytest.raises(QueryError, match="max_temp_directory_size"):
                    store.sql(query).fetchall()


@pytest.mark.parametrize("name", ["memory_limit", "max_temp_size"])
def test_what_duckdb_does_not_take_is_a_setting_error(store: catalogdb.Store, name: str) -> None:
    settings = load_settings(None, {name: "much"})
    with pytest.raises(SettingError, match="memory_limit, threads or max_temp_size: .*Memory must have"):
        catalogdb.open(store.path, settings=settings)


def test_a_new_store_lists_every_setting_commented_out(tmp_path: Path) -> None:
    catalogdb.open(tmp_path / "sky", create=True).close()
    lines = (tmp_path / "sky" / "settings.toml").read_text().splitlines()
    assert all(not line or line.startswith("#") for line in lines)
    (tmp_path / "settings.toml").write_text(
        "\n".join(line.removeprefix("# ") for line in lines if " = " in line)
    )
    assert load_settings(tmp_path) == load_settings(None)
