"""Check that every Qt name of the plugin exists in Qt 6 (PyQt6), as QGIS 4 will import it.

No QGIS 4 is at hand to run the plugin in: names and enum members are looked up instead.

usage: python -m scripts.check.qt6 [FILE ...]
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts import PLUGIN


def findings(path: Path) -> Iterator[str]:
    """What of a file is not in Qt 6, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(("PyQt5", "PyQt6", "qgis.PyQt")):
                    yield f"{path}:{node.lineno}: import the names of {alias.name} by qgis.PyQt"
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if node.module.startswith(("PyQt5", "PyQt6")):
            yield f"{path}:{node.lineno}: import from qgis.PyQt, not {node.module}"
        if not node.module.startswith("qgis.PyQt"):
            continue
        module = importlib.import_module(node.module.replace("qgis.PyQt", "PyQt6", 1))
        for alias in node.names:
            found = _member(module, alias.name)
            if found is None:
                yield f"{path}:{node.lineno}: {module.__name__} has no {alias.name}"
            else:
                known[alias.asname or alias.name] = found
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from _unresolved(path, node, known)


def _unresolved(path: Path, node: ast.Attribute, known: dict[str, Any]) -> Iterator[str]:
    """An attribute of a Qt class, or of its enums, that Qt 6 does not have."""
    names = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        names.append(value.attr)
        value = value.value
    if not isinstance(value, ast.Name) or value.id not in known:
        return
    found = known[value.id]
    for name in reversed(names[1:]):
        found = _member(found, name)
        if found is None:
            return  # said of the inner attribute
    if _member(found, node.attr) is None:
        whole = ".".join([value.id, *reversed(names)])
        yield f"{path}:{node.lineno}: Qt 6 has no {whole}; enum members need the enum's name"


def _member(of: Any, name: str) -> Any:
    try:
        return getattr(of, name)
    except AttributeError:
        try:
            return importlib.import_module(f"{of.__name__}.{name}")
        except (ImportError, AttributeError):
            return None


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]] or sorted(PLUGIN.rglob("*.py"))
    found = [line for file in files for line in findings(file)]
    print("\n".join(found) or f"{len(files)} files: all Qt names exist in Qt 6")
    sys.exit(bool(found))
