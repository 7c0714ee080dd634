"""The project's own tools, run from its folder: `python -m scripts.<folder>.<tool>`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ROOT / "lunar_oxide_plugin"
