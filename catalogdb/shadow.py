"""Refuse to start when a file of the user's stands in for one of our packages.

The packages have short names (docs/decisions.md says why), so that an `analysis.py` beside a user's
script hides ours: Python looks there first. This module is imported before any of them.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from catalogdb.errors import ShadowedPackage

PACKAGES = ("analysis", "ingest", "sql")


def refuse_shadows() -> None:
    """Raise ShadowedPackage, naming the file, unless `import analysis, ingest, sql` gives ours."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        ours = home / name / "__init__.py"
        spec = find_spec(name)
        found = ours if spec is None or spec.origin is None else Path(spec.origin).resolve()
        if found != ours:
            raise ShadowedPackage(name, found)


try:
    refuse_shadows()
except ShadowedPackage as shadowed:
    # The command line has not reached its own handling of errors when this package is imported: the
    # program is still the installed script, or the -m of `python -m catalogdb`.
    if Path(sys.argv[0] if sys.argv else "").name in {"catalogdb", "-m"}:
        sys.exit(f"catalogdb: {shadowed}")
    raise
