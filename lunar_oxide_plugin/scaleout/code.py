"""The plugin's code that this process runs, which the disk may no longer hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..about import FOLDER


def code_sha256(folder: Path) -> str:
    """SHA-256 of the Python files in a folder, whichever line endings they have."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


#: Taken when the process imports the plugin: a worker may live longer than the code on the disk.
CODE_SHA256 = code_sha256(FOLDER)
