"""`python -m tests.chaos [KILLS] [SEED]`: the long form, for an evening; `make chaos`."""

import sys
import tempfile
from pathlib import Path

from tests.chaos.run import run

if __name__ == "__main__":
    kills, seed = (int(text) for text in (*sys.argv[1:], *("200", "1")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory(prefix="candela-chaos-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        found = run(Path(name), kills, seed=seed, tell=True)
    print(f"\n{found}")  # noqa: T201 the result
    sys.exit(1 if found.lost or found.doubled or found.wrong or any(found.others.values()) else 0)
