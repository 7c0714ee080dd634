"""Pack the plugin as dist/lunar_oxide_plugin.zip, the same bytes every time."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from scripts import PLUGIN, ROOT

TARGET = ROOT / "dist" / "lunar_oxide_plugin.zip"

#: Beside the plugin's own files.
FROM_TOP = ("LICENSE", "NOTICE")


def contents() -> dict[str, Path]:
    """Name in the zip and file of everything to pack, sorted."""
    files = {
        path.relative_to(ROOT).as_posix(): path
        for path in PLUGIN.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    files.update({f"{PLUGIN.name}/{name}": ROOT / name for name in FROM_TOP})
    return dict(sorted(files.items()))


def pack(target: Path = TARGET) -> Path:
    """Write the zip."""
    original, copy = ROOT / "metadata.txt", PLUGIN / "metadata.txt"
    if not copy.is_file() or copy.read_bytes() != original.read_bytes():
        shutil.copyfile(original, copy)
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in contents().items():
            # No time and no permissions of this machine: the same files give the same zip.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target


if __name__ == "__main__":
    print(f"{pack().relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.1f} MB")
