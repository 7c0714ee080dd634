"""What the plugin is, from its metadata.txt: the one place of the version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent

_metadata = ConfigParser(interpolation=None)
_metadata.read(FOLDER / "metadata.txt", encoding="utf-8")

NAME: str = _metadata["general"]["name"]
VERSION: str = _metadata["general"]["version"]
HOMEPAGE: str = _metadata["general"]["homepage"]

ICON = FOLDER / "icons" / "lunar_oxide.svg"


def icon(group: str) -> Path:
    """The icon of a group of algorithms."""
    return FOLDER / "icons" / f"{group}.svg"


def help_url(algorithm: str) -> str:
    """The page of an algorithm in the reference."""
    return f"{HOMEPAGE}/blob/main/docs/reference/{algorithm}.md"


def style(name: str) -> Path:
    """The QGIS style (.qml) of a product."""
    return FOLDER / "styles" / f"{name}.qml"


def provenance(algorithm: str, parameters: Mapping[str, Any], synthetic: bool) -> dict[str, str]:
    """Metadata of every result: what made it, which version, with which parameters."""
    items = {
        "LUNAR_OXIDE_ALGORITHM": algorithm,
        "LUNAR_OXIDE_VERSION": VERSION,
        "LUNAR_OXIDE_PARAMETERS": json.dumps(parameters, sort_keys=True),
        "TIFFTAG_SOFTWARE": f"{NAME} {VERSION}",
    }
    if synthetic:
        items["SYNTHETIC"] = "YES"
    return items
