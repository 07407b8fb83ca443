"""Prints the SHA-256 of each file named on stdin, one JSON object per line; run by path, alone.

A process of its own, because opening and closing a file in the reading process would drop the lock
that DuckDB holds on it (POSIX locks belong to the process, not to the file descriptor).
"""

import hashlib
import json
import sys
from pathlib import Path


def main() -> None:
    """Read file names from stdin until it ends."""
    for line in sys.stdin:
        name = json.loads(line)
        try:
            with Path(name).open("rb") as file:
                answer = {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}
        except OSError as error:
            answer = {"error": error.strerror or str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
