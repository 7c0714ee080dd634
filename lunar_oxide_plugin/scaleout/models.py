"""The model of this process, identified by its content, not by its file name."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import ModelError
from ..core.models.model import OxideModel

#: The last model loaded: a worker computes many windows, often in several runs.
_loaded: list[OxideModel] = []


def load_model(path: Path) -> OxideModel:
    """Load a model from its file, even if it was loaded before.

    Raises
    ------
    LunarOxideError
        See `OxideModel`.
    """
    model = OxideModel(path)
    _loaded[:] = [model]
    return model


def model_of(path: Path, sha256: str) -> OxideModel:
    """The model of a run, loaded once per process.

    Parameters
    ----------
    path : Path
        Its file.
    sha256 : str
        Of its content when the run began.

    Raises
    ------
    ModelError
        When the file has changed.
    """
    for model in _loaded:
        if model.sha256 == sha256:
            return model
    model = load_model(path)
    if model.sha256 != sha256:
        raise ModelError(
            f"{path} has changed since this run began (SHA-256 {model.sha256[:12]}, before "
            f"{sha256[:12]}). Restore that model, or start a new run in another folder."
        )
    return model
