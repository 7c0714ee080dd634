"""Take the pictures of the reference: every dialog, and the workflows in the model designer.

usage: python -m scripts.docs.screenshots

They are docs/images/dialog_*.png. Those of toolbox, layers, legends and reports are the
tutorial's (make tutorial).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from scripts import ROOT

from .tutorial import environment, keep_pictures, take_pictures

WORK = ROOT / "build" / "screenshots"


def main() -> None:
    """Take all."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder)
        profile.chmod(0o700)
        program = shutil.which("qgis_process.bin") or shutil.which("qgis_process") or "qgis_process"
        subprocess.run(
            [program, "plugins", "enable", "lunar_oxide_plugin"],
            env={**environment(profile), "QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        take_pictures("dialog_screens.py", profile, WORK)
    keep_pictures(WORK / "screens", "dialog")


if __name__ == "__main__":
    main()
