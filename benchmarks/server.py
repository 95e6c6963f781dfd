"""A database of one's own for a measurement."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.postgres import Embedded


@contextmanager
def embedded() -> Iterator[tuple[Path, str]]:
    """A folder and the URL of the server that runs in it."""
    with tempfile.TemporaryDirectory(prefix="candela-bench-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)  # noqa: PTH101 for the database's own user
        server = Embedded(Path(name))
        try:
            yield Path(name), server.start()
        finally:
            server.stop()
