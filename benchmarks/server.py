"""A folder and a database of one's own for a measurement."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.postgres import Embedded


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that the database's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="candela-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def embedded() -> Iterator[tuple[Path, str]]:
    """A folder and the URL of the server that runs in it."""
    with own_folder() as folder:
        server = Embedded(folder)
        try:
            yield folder, server.start()
        finally:
            server.stop()
