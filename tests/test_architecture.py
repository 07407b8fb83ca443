"""The shape of the project: who imports whom, what is declared, how large it is, its licences."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import catalogdb
from catalogdb.reserved import ADQL_RESERVED
from catalogdb.schema import Table

ROOT = Path(__file__).parents[1]
PACKAGES = ("catalogdb", "ingest", "analysis", "sql")
MAY_IMPORT = {
    "sql": {"sql"},
    "catalogdb": {"catalogdb", "sql"},
    "ingest": {"ingest", "catalogdb", "sql"},
    "analysis": {"analysis", "catalogdb", "sql"},
}
MEETING_POINTS = {"catalogdb/app.py", "catalogdb/cli.py"}
"""The only modules that see ingest and analysis, and only from within functions."""

MODULES = sorted(
    path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)


def imports(node: ast.AST, *, lazily: bool = False) -> Iterator[tuple[str, bool]]:
    """Every module that the code imports, and whether it does so only when a function runs.

    What stands under `if TYPE_CHECKING` is never imported and counts as lazy.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, lazily) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield child.module or "", lazily
            yield from ((f"{child.module}.{alias.name}", lazily) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            yield from imports(child, lazily=True)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports(child, lazily=lazily or function)


@functools.cache
def imports_of(module: str) -> list[tuple[str, bool]]:
    return list(imports(ast.parse((ROOT / module).read_text())))


def each_of(modules: Sequence[str]) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """Make one test for each folder of what is to hold for each module; it names all that break it.

    A thousand modules times six would be a third of the project's tests, and most of their time pytest's own.
    """
    folders: dict[str, list[str]] = {}
    for module in modules:
        folders.setdefault(module.rpartition("/")[0], []).append(module)

    def made(holds: Callable[[str], None]) -> Callable[[str], None]:
        def test(folder: str) -> None:
            wrong = {}
            for module in folders[folder]:
                try:
                    holds(module)
                except AssertionError as error:
                    wrong[module] = str(error)
            assert not wrong

        test.__name__, test.__doc__ = holds.__name__, holds.__doc__
        return pytest.mark.parametrize("folder", folders)(test)

    return made


def test_all_modules_of_a_folder_that_break_a_rule_are_named() -> None:
    def holds(module: str) -> None:
        assert not module.endswith("b.py"), "bad"

    run = each_of(["x/a.py", "x/b.py", "y/b.py"])(holds)
    with pytest.raises(AssertionError, match=r"x/b\.py.*bad"):
        run("x")


# --- who may import whom ---------------------------------------------------------------------------


@each_of(MODULES)
def test_packages_import_one_way(module: str) -> None:
    package = module.partition("/")[0]
    for name, lazily in imports_of(module):
        top = name.partition(".")[0]
        if top in PACKAGES and top not in MAY_IMPORT[package]:
            assert module in MEETING_POINTS, f"{module} imports {name}"
            assert lazily, f"{module} imports {name} at its top: do it within the function that needs it"


PURE = (
    "catalogdb/astrometry.py",
    "catalogdb/epoch.py",
    "catalogdb/errors.py",
    "catalogdb/reserved.py",
    "catalogdb/schema.py",
    *(module for module in MODULES if module.startswith("analysis/kernels/")),
)
EFFECTS = ("duckdb", "logging", "sqlalchemy", "requests", "subprocess", "catalogdb.store")


@each_of(PURE)
def test_pure_modules_have_no_database_files_or_log(module: str) -> None:
    found = {name for name, _ in imports_of(module)}
    assert not found & set(EFFECTS)


@each_of(
    [m for m in MODULES if m.startswith(("analysis/", "sql/", "catalogdb/commands/", "catalogdb/demo/"))]
)
def test_the_database_is_reached_through_the_store(module: str) -> None:
    eager = {name.partition(".")[0] for name, lazily in imports_of(module) if not lazily}
    assert not eager & {"duckdb", "sqlalchemy"}


NETWORK = {"requests", "urllib.request", "http.client", "httpx", "aiohttp", "astroquery", "pyvo"}


@each_of(MODULES)
def test_only_fetch_reaches_for_the_network(module: str) -> None:
    if module.startswith("ingest/remote/"):
        return
    found = {name for name, _ in imports_of(module)}
    tops = {name.partition(".")[0] for name in found}
    assert not (found | tops) & NETWORK


def test_importing_the_command_line_stays_light() -> None:
    heavy = (
        "ingest",
        "analysis",
        "matplotlib",
        "scipy",
        "numba",
        "healpy",
        "pandas",
        "polars",
        "h5py",
        "rich",
    )
    code = f"import catalogdb.cli, sys; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert run.stdout.strip() == "[]"


def test_public_surface() -> None:
    assert catalogdb.__all__ == sorted(catalogdb.__all__)
    for name in catalogdb.__all__:
        assert getattr(catalogdb, name).__doc__


# --- what is declared ------------------------------------------------------------------------------


def declared_tables() -> dict[str, Table]:
    """Every Table that the code declares: those of modules, catalogues and analyses."""
    from analysis import ANALYSES
    from ingest import catalogues, spec_table

    found = [spec_table(spec) for spec in catalogues()]
    found += [table for each in ANALYSES for table in each.results]
    for module in MODULES:
        if module.endswith("__main__.py"):
            continue
        loaded = importlib.import_module(
            module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        )
        for value in vars(loaded).values():
            if isinstance(value, Table):
                found.append(value)
            elif isinstance(value, tuple):
                found += [item for item in value if isinstance(item, Table)]
    return {table.qualified_name: table for table in found}


TABLES = declared_tables()


def test_the_tables_that_others_rely_on_are_declared() -> None:
    assert {
        "results.acceleration",
        "results.astrom_epoch",
        "results.demo_truth",
        "provenance.ingests",
        "provenance.runs",
        "tap_schema.columns",
        "catalogs.gaia_dr3",
    } <= TABLES.keys()


# tap_schema's own columns are named by the standard, which writes those that are reserved in quotes.
STANDARD = {("tap_schema.columns", "size"), ("tap_schema.columns", "datatype")}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_is_described(name: str) -> None:
    """The constructors refuse all this; here is what they must have refused, said once more."""
    table = TABLES[name]
    assert Table.from_json(table.to_json()) == table
    lowered = [column.name.lower() for column in table.columns]
    assert len(set(lowered)) == len(lowered)
    for column in table.columns:
        where = f"{name}.{column.name}"
        assert column.about.strip(), where
        assert column.ucd, where
        assert column.unit is not None or not column.is_number or column.ucd.startswith("meta"), where
        assert column.name not in ADQL_RESERVED or (name, column.name) in STANDARD, where
    assert table.name not in ADQL_RESERVED
    assert table.schema not in ADQL_RESERVED


def test_no_two_tables_differ_by_case_alone() -> None:
    assert len({name.lower() for name in TABLES}) == len(TABLES)


# --- how large things are --------------------------------------------------------------------------


@each_of(MODULES)
def test_modules_and_functions_keep_to_their_budget(module: str) -> None:
    """About 40 lines to the body of a function, and 400 to a module; more has two ideas in it."""
    text = (ROOT / module).read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= 50, f"{module}: {node.name} has {lines} lines"


@each_of(MODULES)
def test_nothing_is_left_to_do(module: str) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", (ROOT / module).read_text())


def test_the_root_holds_what_a_visitor_needs() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone")
    assert {line.partition("/")[0] for line in listed.stdout.splitlines()} <= {
        *PACKAGES,
        *("tests", "docs", ".ci", ".gitignore"),
        *("pyproject.toml", "requirements.lock", "do.py"),
        *("README.md", "CHANGELOG.md", "LICENSE", "CITATION.cff", "SECURITY.md"),
    }


# --- what is installed -----------------------------------------------------------------------------


def test_wheel_holds_code_statements_and_specs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".sql", ".toml"} or path.name == "py.typed"
    }
    assert here <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_no_other_distribution_offers_our_names() -> None:
    offered = importlib.metadata.packages_distributions()
    for package in PACKAGES:
        assert set(offered.get(package, ["catalogdb"])) == {"catalogdb"}


def test_the_project_is_not_for_upload() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "Private :: Do Not Upload" in project["classifiers"]


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = {Requirement(text).name for text in project["dependencies"]}
    optional = {
        Requirement(text).name
        for extra in ("hdf5", "dataframes", "nbody", "galaxy")
        for text in project["optional-dependencies"][extra]
    }
    found: dict[str, bool] = {}
    for module in MODULES:
        for name, lazily in imports_of(module):
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in PACKAGES:
                found[top] = found.get(top, True) and lazily
    offered = {
        "erfa": "pyerfa",
        "yaml": "pyyaml",
        "prometheus_client": "prometheus-client",
        "sklearn": "scikit-learn",
    }
    # Starlette reads the bodies of requests with it, if it is there.
    imported = {offered.get(name, name) for name in found} | {"python-multipart"}
    assert imported - optional <= direct | {"pyerfa"}, "declare it in pyproject.toml"
    assert direct <= imported
    assert not [name for name in optional & found.keys() if not found[name]], "an extra is imported lazily"


PERMISSIVE = re.compile(
    r"\b(apache|bsd|mit\b|isc\b|psf|python software foundation|python-2\.0|hpnd|mpl|mozilla|0bsd|zlib|zpl"
    r"|unlicense|public domain|cc0|boost|bsl-1\.0)",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"\b(a?gpl|lgpl|gnu)", re.IGNORECASE)
NOTED = {"healpy"}
"""Copyleft packages; docs/licences.md says what follows for whom."""


def required(names: set[str]) -> set[str]:
    """The installed distributions that `names` need, themselves included, without extras."""
    found: set[str] = set()
    while names:
        name = names.pop().lower()
        if name in found:
            continue
        found.add(name)
        for text in importlib.metadata.distribution(name).requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                names.add(requirement.name)
    return found


def licence_of(name: str) -> str:
    about = importlib.metadata.metadata(name)
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    text = about.get("License-Expression") or " ".join(classifiers) or about.get("License") or ""
    if not text:  # some say it in the file alone
        files = importlib.metadata.distribution(name).files or []
        text = next((file.read_text() for file in files if file.name == "LICENSE"), "")
    # Some put the whole text of the licence there: its name is in the first lines.
    return text[:200]


def test_licences_of_what_we_require() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = {Requirement(text).name for text in project["dependencies"]}
    notes = (ROOT / "docs" / "licences.md").read_text()
    for name in sorted(required(direct)):
        licence = licence_of(name)
        if name in NOTED:
            assert COPYLEFT.search(licence), name
            assert name in notes
        else:
            assert PERMISSIVE.search(licence), f"{name}: {licence!r}"
            assert not COPYLEFT.search(licence), f"{name}: {licence!r}"
    for name in direct:
        assert name in notes, f"docs/licences.md does not name {name}"
