"""The application: where the store meets ingest and analysis, which never see each other.

Only this module and the command line import those packages, and only when a function is called,
so that `import catalogdb` stays light. `Store`'s convenience methods and the demo come through here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis import Report
    from analysis.epochs import EpochsReport
    from analysis.simulate import SimulatedSky
    from catalogdb.demo import DemoReport
    from catalogdb.demo.teller import Show
    from catalogdb.identifiers import IdentifiersReport
    from catalogdb.match import MatchReport
    from catalogdb.result import Result
    from catalogdb.schema import Table
    from catalogdb.settings import Settings
    from catalogdb.star import Star
    from catalogdb.store import Store
    from ingest import IngestReport
    from ingest.remote.fetch import FetchReport, How
    from ingest.remote.request import Request
    from ingest.remote.services import Service
    from ingest.remote.source import Address
    from ingest.spectra import SpectraReport
    from ingest.upload import Opened

_log = logging.getLogger(__name__)


def ingest(store: Store, catalogue: str, files: Sequence[str | Path], **options: Any) -> IngestReport:
    """Ingest files of a catalogue that has a specification; see `ingest.ingest`."""
    from ingest import ingest as run

    return run(store, catalogue, files, **options)


def ingest_table(store: Store, file: str | Path, name: str, **options: Any) -> IngestReport:
    """Ingest a user's own table; see `ingest.ingest_table`."""
    from ingest import ingest_table as run

    return run(store, file, name, **options)


def ingest_cds(
    store: Store, readme: str | Path, files: Sequence[str | Path], name: str, **options: Any
) -> IngestReport:
    """Ingest a table of the CDS or the AAS by its ReadMe; see `ingest.cds.ingest_cds`."""
    from ingest import ingest_cds as run

    return run(store, readme, files, name, **options)


def spectra(store: Store, files: str | Path | Sequence[str | Path], **options: Any) -> SpectraReport:
    """Ingest files of spectra; see `ingest.spectra.ingest_spectra`.

    The options are those of it, and the fields of its How and Declared (exposures, no_position, medium,
    frame, wavelength_unit, survey, resolution, columns).
    """
    from dataclasses import fields

    from ingest.spectra import Declared, How, ingest_spectra

    given = dict(options)
    declared = {f.name: given.pop(f.name) for f in fields(Declared) if f.name in given}
    how = {f.name: given.pop(f.name) for f in fields(How) if f.name in given}
    return ingest_spectra(store, files, how=How(**how, declared=Declared(**declared)), **given)


def adql(store: Store, query: str, *, strict: bool = False) -> Result:
    """The rows of an ADQL query; see `catalogdb.adql.run.run_adql`."""
    from catalogdb.adql.run import run_adql

    return run_adql(store, query, strict=strict)


def open_upload(path: Path, most_bytes: int) -> Opened:
    """Open a table that a client of the service sent; see `ingest.upload.open_upload`."""
    from ingest.upload import open_upload as run

    return run(path, most_bytes)


def cds_spec(readme: str | Path, files: Sequence[str | Path], name: str | None = None, **options: Any) -> str:
    """Return the spec that a ReadMe gives for files, as TOML; see `ingest.cds.cds_spec`."""
    from ingest import cds_spec as run

    return run(readme, files, name, **options).text


def fetch(store: Store, catalogue: str | None = None, **options: Any) -> FetchReport:
    """Fetch rows of a remote service into a table; see `ingest.remote.fetch.fetch`.

    The options are the fields of its Request (`cone` as a tuple of degrees: ra, dec, radius), of its
    Address (`service`, `tap`, `scs`), and of How.
    """
    from ingest.remote.fetch import fetch as run

    return run(store, *_fetch_arguments(catalogue, options))


def planned_fetch(store: Store, catalogue: str | None = None, **options: Any) -> list[str]:
    """Return what a fetch would ask for, in words; see `ingest.remote.fetch.planned`."""
    from ingest.remote.fetch import planned

    request, address, _ = _fetch_arguments(catalogue, options)
    return planned(store, request, address)


def remote_services(settings: Settings) -> Mapping[str, Service]:
    """Return the services that fetch knows, by name."""
    from ingest.remote.services import services

    return services(settings.fetch_services)


def listed_ids(text: str) -> tuple[str, ...]:
    """Return the identifiers in a file, or between commas; see `ingest.remote.fetch.ids_in`."""
    from ingest.remote.fetch import ids_in

    return tuple(ids_in(text))


def _fetch_arguments(catalogue: str | None, options: Mapping[str, Any]) -> tuple[Request, Address, How]:
    from dataclasses import fields

    from ingest.remote.cells import Cone
    from ingest.remote.fetch import How
    from ingest.remote.request import Request
    from ingest.remote.source import Address

    given = dict(options)
    address = Address(name=given.pop("service", None), tap=given.pop("tap", None), scs=given.pop("scs", None))
    how = How(**{f.name: given.pop(f.name) for f in fields(How) if f.name in given})
    if given.get("cone") is not None and not isinstance(given["cone"], Cone):
        given["cone"] = Cone(*given["cone"])
    for listed in ("ids", "columns"):
        if given.get(listed) is not None:
            given[listed] = tuple(str(each) for each in given[listed])
    return Request(catalogue=catalogue, **given), address, how


def description(
    *,
    spec: str | Path | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    **texts: str,
) -> Callable[[Table], Table]:
    """Return what gives a table another description: that of `spec` (a catalogue or .toml file), then others.

    `texts` are title, about, reference, bibcode and source; `columns` has the about, ucd or unit (in
    another spelling) of columns by name. What is returned raises SchemaError for what there is not, and
    DataError for a spec that other rows would belong to. Used by `Store.describe`.
    """
    from catalogdb.editing import reworded

    def change(table: Table) -> Table:
        if spec is not None:
            from ingest import described_by, load_spec

            table = described_by(load_spec(spec), table)
        return reworded(table, texts, columns or {})

    return change


def match(store: Store, left: str, right: str, *, radius_arcsec: float, **options: Any) -> MatchReport:
    """Cross-match two tables; see `catalogdb.match.match`."""
    from catalogdb.match import match as run

    return run(store, left, right, radius_arcsec=radius_arcsec, **options)


def match_through(
    store: Store,
    left: str,
    through: str,
    right: str,
    *,
    radii_arcsec: tuple[float, float],
    **options: Any,
) -> MatchReport:
    """Cross-match two tables by way of a third; see `catalogdb.match_through.match_through`."""
    from catalogdb.match_through import match_through as run

    return run(store, left, through, right, radii_arcsec=radii_arcsec, **options)


def identifiers(store: Store, tables: Sequence[str] = (), **options: Any) -> IdentifiersReport:
    """Publish which rows are one star; see `catalogdb.identifiers.build_identifiers`."""
    from catalogdb.identifiers import build_identifiers as run

    return run(store, tables, **options)


def star(store: Store, name: str, **options: Any) -> Star:
    """Return what the store knows of one star; see `catalogdb.star.find_star`."""
    from catalogdb.star import find_star as run

    return run(store, name, **options)


def star_rows(store: Store, star: Star, table: str, columns: Sequence[str] | None = None) -> Result:
    """Return a star's rows of a table; see `catalogdb.star.rows_of`."""
    from catalogdb.star import rows_of as run

    return run(store, star, table, columns)


def cone(
    store: Store, table: str, ra_deg: float, dec_deg: float, radius_deg: float, **options: Any
) -> Result:
    """Return the rows of a table within a circle; see `catalogdb.cone.cone`."""
    from catalogdb.cone import cone as run

    return run(store, table, ra_deg, dec_deg, radius_deg, **options)


def epochs(
    store: Store, mother: str, tables: Sequence[str], *, radius_arcsec: float, **options: Any
) -> EpochsReport:
    """Build the multi-epoch table; see `analysis.epochs.build`."""
    from analysis.epochs import build

    return build(store, mother, tables, radius_arcsec=radius_arcsec, **options)


def analyze(store: Store, name: str, /, **options: Any) -> Report:
    """Run an analysis with its options and return its report; see `analysis.find`."""
    from analysis import find

    return find(name).run(store, options)


def check_picture(file: Path) -> None:
    """Raise AnalysisError where no picture can be written to; see `analysis.pictures.check_picture`."""
    from analysis import check_picture

    check_picture(file)


def plot(store: Store, name: str, file: Path, *, run_id: str | None = None) -> None:
    """Draw the result of an analysis to a file; see `analysis.find`."""
    from analysis import find

    find(name).plot(store, file, run_id=run_id)


def simulated_sky(n_stars: int, seed: int, *, paper004: bool = False) -> tuple[Table, SimulatedSky]:
    """Return the table of the truth and the simulated sky; see `analysis.simulate.simulate_sky`."""
    from analysis.simulate import TRUTH, simulate_sky

    return TRUTH, simulate_sky(n_stars, seed, paper004=paper004)


def write_native(catalogue: str, form: str | None, rows: Any, path: Path) -> None:
    """Write rows of a catalogue as its native file; see `ingest.write_native`."""
    from ingest import load_spec
    from ingest import write_native as write

    spec = load_spec(catalogue)
    write(spec, form or spec.forms[0].name, rows, path)


def demo(
    store: str | Path | None = None,
    data: str | Path | None = None,
    *,
    folder: str | Path = "demo",
    n_stars: int = 5000,
    seed: int = 2016,
    settings: Settings | None = None,
    show: Show | None = None,
) -> DemoReport:
    """Run the main job end to end and return what was checked.

    Without `data` on a simulated sky of `n_stars`, whose native files are written to
    `folder`/native; with it on the real rows of that folder. The store is `store`, else
    `folder`/sky or `folder`/real; the tables of an earlier demo are replaced. What is told goes to
    `show`, such as a rich console's print; without it to the log.
    """
    from catalogdb.demo import run

    return run(
        None if store is None else Path(store),
        None if data is None else Path(data),
        Path(folder),
        n_stars=n_stars,
        seed=seed,
        settings=settings,
        show=show or (lambda text: _log.info("%s", text)),
    )
