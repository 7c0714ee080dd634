"""The machine and the versions that the numbers are of."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from lunar_oxide_plugin.core.threads import available_cores

_CPUINFO = Path("/proc/cpuinfo")

#: Flags of /proc/cpuinfo that say how wide a processor calculates, and their names.
_EXTENSIONS = {
    "avx2": "AVX2",
    "fma": "FMA",
    "avx512f": "AVX-512",
    "avx512_vnni": "AVX-512 VNNI",
    "amx_tile": "AMX",
    "asimd": "NEON",
    "sve": "SVE",
}

_PACKAGES = ("onnxruntime", "numpy", "torch", "keras", "jax", "scikit-learn", "pytest-benchmark")


def processor(cpuinfo: str) -> str:
    """Model and vector extensions, of the text of /proc/cpuinfo."""
    known: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        known.setdefault(key.strip(), value.strip())
    model = known.get("model name") or platform.processor() or platform.machine()
    flags = known.get("flags", known.get("Features", "")).split()
    extensions = [name for flag, name in _EXTENSIONS.items() if flag in flags]
    return f"{model} ({', '.join(extensions) or 'vector extensions not told'})"


def this_machine() -> str:
    """Processor, cores that may be used, and system."""
    cpuinfo = _CPUINFO.read_text(encoding="utf-8") if _CPUINFO.is_file() else ""
    return (
        f"{processor(cpuinfo)}, {available_cores()} cores used, {platform.machine()}, "
        f"{platform.system()}"
    )


def versions() -> dict[str, str]:
    """Versions of what this environment measures with."""
    found = {"Python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {**found, **_system_libraries()}


def _system_libraries() -> Mapping[str, str]:
    """GDAL and QGIS, which only the plugin's environment has."""
    try:
        from osgeo import gdal
        from qgis.core import Qgis
    except ImportError:
        return {}
    return {"GDAL": gdal.__version__, "QGIS": Qgis.version()}
