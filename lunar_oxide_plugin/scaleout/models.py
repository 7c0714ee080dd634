"""The model that this process computes with: told by what it loaded, not by a file's name."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import ModelError
from ..core.models.model import OxideModel

#: The last one loaded: a worker lives for many windows, and often for several runs.
_loaded: list[OxideModel] = []


def load_model(path: Path) -> OxideModel:
    """Load the model that a file holds now.

    Raises
    ------
    LunarOxideError
        As of `OxideModel`.
    """
    model = OxideModel(path)
    _loaded[:] = [model]
    return model


def model_of(path: Path, sha256: str) -> OxideModel:
    """The model of a run, loaded once in a process.

    Parameters
    ----------
    path : Path
        Where it is.
    sha256 : str
        Of it when the run began.

    Raises
    ------
    ModelError
        When the file holds another model by now.
    """
    for model in _loaded:
        if model.sha256 == sha256:
            return model
    model = load_model(path)
    if model.sha256 != sha256:
        raise ModelError(
            f"{path} has changed since this run began (SHA-256 {model.sha256[:12]}, it was "
            f"{sha256[:12]}). Restore that model, or start a run with the new one in another "
            "folder."
        )
    return model
