"""`make fuzz`: many scenes with fixed seeds, in bounded time."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from qgis.core import QgsApplication


def main() -> int:
    """Run; 1 when plugin and oracle differ in any scene, or too few scenes were run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="first seed (default: 0)")
    parser.add_argument("--scenes", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument(
        "--seconds", type=float, default=900, help="stop after this time (default: 900)"
    )
    options = parser.parse_args()

    application = QgsApplication([], True)
    application.initQgis()
    sys.path.append(str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))
    from processing.core.Processing import Processing

    Processing.initialize()
    from lunar_oxide_plugin.plugin import LunarOxidePlugin

    plugin = LunarOxidePlugin(None)
    plugin.initProcessing()
    from .runner import run_scenes

    done, failures = run_scenes(options.first, options.scenes, options.seconds, print)
    total = sum(done.values())
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
    print(f"{total} scenes without a difference ({kinds}), {len(failures)} with one.")
    return int(bool(failures) or not total)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # QGIS's own end in a process without a window may crash after all is said.
    import os

    os._exit(code)
