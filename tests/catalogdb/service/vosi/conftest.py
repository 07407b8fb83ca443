"""A store with catalogues, links and results of a few stars, and the documents' routes on it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

import catalogdb
from analysis.acceleration.result import RESULT as ACCELERATION
from analysis.epochs_table import RESULT as EPOCHS
from catalogdb import Store
from catalogdb.provenance import Ingest

sys.path.insert(0, str(Path(__file__).parent))
from vosi_service import GAIA, OTHER, Client, client_of  # noqa: E402


@pytest.fixture(scope="session")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of two catalogues, their links, and results of analyses."""
    folder: Path = tmp_path_factory.mktemp("vosi") / "sky"
    with catalogdb.open(folder, create=True) as store:
        ingest = Ingest(
            file="/somewhere/bright.dat", sha256="ab" * 32, rows_read=50, rows_kept=50, started=86400.0
        )
        store.publish(
            GAIA,
            """
            SELECT range AS source_id, range * 7.2 AS ra, 89 + range / 50 AS dec, 2016.0 AS ref_epoch,
              hpx29(range * 7.2, 89 + range / 50) AS hpx29,
              10.0 AS parallax, 0.1 AS parallax_error, range * 1.0 AS pmra, -3.0 AS pmdec,
              CASE WHEN range < 10 THEN 20.0 END AS radial_velocity, range / 5 AS mag,
              'HIP ' || range AS name, TIMESTAMP '2016-01-01 12:00:00' AS seen, [1.0, 2.0] AS fluxes
            FROM range(50)
            """,
            ingests=[ingest],
        )
        store.publish(
            OTHER,
            """
            SELECT *, 2000.0 AS ref_epoch, hpx29(ra, dec) AS hpx29
            FROM (SELECT range AS source_id, range * 7.2 AS ra, 89 + range / 50 + 1e-5 AS dec FROM range(40))
            """,
        )
        store.match("bright", "other", radius_arcsec=1.0)
        store.identifiers()
        run = store.start_run("acceleration", {"weighting": "gls"})
        store.publish(
            ACCELERATION,
            f"""SELECT '1' AS source_id, 5 AS n_epoch, 0.001 AS q_fdr, 0.0001 AS p_acc, 'gls' AS weighting,
            '{run.run_id}' AS run_id""",
            run=run,
        )
        again = store.start_run("epochs", {})
        store.publish(
            EPOCHS,
            f"""SELECT '1' AS obj_id, 'bright' AS catalogue_name, '1' AS entry_id, 2016.0 AS epoch,
            7.2 AS ra, 89.02 AS dec, hpx29(7.2, 89.02) AS hpx29, '{again.run_id}' AS run_id""",
            run=again,
        )
        yield store


@pytest.fixture(scope="session")
def client(sky: Store) -> Client:
    """A client of the documents of that store."""
    return client_of(sky)


@pytest.fixture(scope="session")
def address(sky: Store) -> Iterator[str]:
    """The address of a server of the documents alone, on this machine."""
    app = client_of(sky).app
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/tap"
    server.should_exit = True
    thread.join(30)
