"""Waiting and trying again, services and their file, and ADQL as it is written."""

from __future__ import annotations

import datetime
import email.utils
import threading
import time
from pathlib import Path

import pytest

from catalogdb.errors import DataError, RemoteError, SettingError
from catalogdb.settings import load_settings
from ingest.remote import adql
from ingest.remote.cells import Cone
from ingest.remote.patience import LONGEST_WAIT_S, Patience, Stopped, TooMuch, Transient, retry_after
from ingest.remote.request import Request
from ingest.remote.services import checked_url, find_service, service_at, services


def patience(**settings: object) -> Patience:
    return Patience(load_settings(None, {"fetch_backoff_s": 0.0, **settings}), threading.Event())


def test_what_passes_is_tried_again() -> None:
    tries = []

    def action() -> int:
        tries.append(1)
        if len(tries) < 4:
            raise Transient("it sleeps")
        return 7

    assert patience(fetch_retries=3).attempt("the service", action) == 7
    assert len(tries) == 4


def test_what_does_not_pass_is_told_with_the_number_of_attempts() -> None:
    def action() -> int:
        raise Transient("it sleeps")

    with pytest.raises(RemoteError, match=r"the service: it sleeps, after 3 attempts"):
        patience(fetch_retries=2).attempt("the service", action)
    with pytest.raises(RemoteError, match=r"after 2 attempts"):
        patience(fetch_retries=9).attempt("the service", action, most=1)


def test_what_is_wrong_is_not_tried_again() -> None:
    tries = []

    def action() -> int:
        tries.append(1)
        raise RemoteError("no such table")

    with pytest.raises(RemoteError, match="no such table"):
        patience().attempt("the service", action)
    assert len(tries) == 1


def test_what_is_slow_twice_is_divided_if_it_can_be() -> None:
    def action() -> int:
        raise Transient("no answer in time", slow=True)

    with pytest.raises(TooMuch, match="no answer in time"):
        patience(fetch_retries=9).attempt("the service", action, divisible=True)
    with pytest.raises(RemoteError, match="after 3 attempts"):
        patience(fetch_retries=2).attempt("the service", action)


def test_waits_double_with_jitter_and_are_never_longer_than_five_minutes() -> None:
    waiting = patience(fetch_backoff_s=2.0)
    for number in range(12):
        waits = [waiting.wait_before(number, None) for _ in range(200)]
        assert min(waits) >= min(2.0**number, LONGEST_WAIT_S)
        assert max(waits) <= min(3 * 2.0**number, LONGEST_WAIT_S)
        assert number > 6 or max(waits) > 1.3 * min(waits), "all come back at the same instant"
    assert waiting.wait_before(0, 40.0) == 40.0
    assert waiting.wait_before(0, 1e6) == LONGEST_WAIT_S


def test_a_stop_ends_every_wait_at_once() -> None:
    waiting = patience(fetch_backoff_s=60.0)
    threading.Timer(0.2, waiting.stop.set).start()

    def action() -> int:
        raise Transient("it sleeps")

    started = time.monotonic()
    with pytest.raises(Stopped):
        waiting.attempt("the service", action)
    assert time.monotonic() - started < 5


def test_retry_after_in_seconds_and_as_a_date() -> None:
    assert retry_after("7") == 7.0
    assert retry_after("-3") == 0.0
    assert retry_after(None) is None
    assert retry_after("tomorrow") is None
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
    found = retry_after(email.utils.format_datetime(later, usegmt=True))
    assert found is not None
    assert 27 < found <= 30


# --- services --------------------------------------------------------------------------------------


def test_the_services_that_everybody_uses_have_names() -> None:
    assert set(services()) == {"vizier", "simbad", "gaia", "irsa", "xmatch"}
    assert find_service("xmatch").parallel == 1, "it bans those who send several requests at a time"
    assert find_service("gaia").sync_rows == 2000
    with pytest.raises(DataError, match=r"no service vizir \(any .*\); did you mean vizier"):
        find_service("vizir")


def test_a_file_adds_services_and_replaces_them(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    file.write_text(
        '[[services]]\nname = "gaia"\nprotocol = "tap"\nurl = "http://mirror.org/tap/"\nmode = "async"\n'
    )
    assert find_service("gaia", str(file)).mode == "async"
    assert set(services(str(file))) == set(services())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[services]]\nname = "a"\nprotocol = "tap"\nurl = "ftp://x.org"', "service a: 'ftp://x.org' is no address"),
        ('[[services]]\nname = "a"\nprotocol = "tip"\nurl = "http://x.org"', "protocol is one of tap, scs, xmatch"),
        ('[[services]]\nname = "a"\nurl = "http://x.org"', "missing 1 required keyword-only argument: 'protocol'"),
        ('[[services]]\nname = "a"\nprotocol = "tap"\nulr = "http://x.org"', "unknown key ulr; did you mean url"),
        ('[[service]]\nname = "a"', "unknown key service; did you mean services"),
        ("[[services", "Expected"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_services_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(SettingError, match=message):
        services(str(tmp_path / "s.toml"))


def test_a_missing_file_of_services_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="setting fetch_services: .*can not be read"):
        services(str(tmp_path / "none.toml"))


def test_addresses() -> None:
    assert checked_url("https://x.org/tap/?") == "https://x.org/tap"
    secret = service_at("https://me:secret@x.org:8080/tap", "tap")
    assert secret.shown == "https://x.org:8080/tap"
    assert secret.name == "x.org"
    for wrong in ("x.org/tap", "file:///etc/passwd", "ftp://x.org", ""):
        with pytest.raises(DataError, match="is no address of a service"):
            checked_url(wrong)


# --- ADQL ------------------------------------------------------------------------------------------


def test_names_are_quoted_where_they_must_be() -> None:
    assert adql.column("ra") == "ra"
    assert adql.column("2MASS") == '"2MASS"'
    assert adql.column("e_RA(ICRS)") == '"e_RA(ICRS)"'
    assert adql.column("date") == '"date"'
    assert adql.column('a"b') == '"a""b"'
    assert adql.table("gaiadr3.gaia_source") == "gaiadr3.gaia_source"
    assert adql.table("II/246/out") == '"II/246/out"'
    assert adql.table('"II/246/out"') == '"II/246/out"'
    assert adql.plain('"2MASS"') == "2MASS"
    assert adql.text("Barnard's star") == "'Barnard''s star'"


def test_numbers_have_no_exponent_and_lose_nothing() -> None:
    for number in (1e-7, 123.45678901234567, 1.2345678901234567e-9, -0.1, 0.0, 1e22):
        assert float(adql.number(number)) == number
        assert "e" not in adql.number(number)


def test_a_condition_of_the_user_stays_within_its_parentheses() -> None:
    assert adql.condition("g < 15 OR name = 'a)b'") == "(g < 15 OR name = 'a)b')"
    assert adql.condition(None) == ""
    for wrong in ("1=1) OR (1=1", "g < 15; DROP TABLE t", "g < 15 -- all", "(g < 15"):
        with pytest.raises(DataError, match="is no condition"):
            adql.condition(wrong)


def test_a_request_asks_for_one_thing() -> None:
    for wrong in ({}, {"cone": Cone(1, 2, 3), "whole": True}, {"ids": ("1",), "query": "SELECT 1"}):
        with pytest.raises(DataError, match="ask for one thing"):
            Request(**wrong)
    with pytest.raises(DataError, match="the list of identifiers is empty"):
        Request(ids=(" ", ""))
    with pytest.raises(DataError, match="go together"):
        Request(near="stars")
    with pytest.raises(DataError, match="is no radius"):
        Request(near="stars", radius_arcsec=-1)
    with pytest.raises(DataError, match="--query says all"):
        Request(query="SELECT 1", where="x > 1")
