"""Errors whose text is shown to the user: what is wrong, where, and what to do."""


class LunarOxideError(Exception):
    """Base of all errors a user can do something about."""


class SpectraError(LunarOxideError):
    """Pixel values are not Multiband Imager reflectance in a scale that can be determined."""


class ModelError(LunarOxideError):
    """A model file cannot be used."""


class OnnxruntimeError(LunarOxideError):
    """onnxruntime is missing, too old or does not load."""


class RasterError(LunarOxideError):
    """A raster cannot be opened, read or written, or does not fit the task."""


class NoValidPixelError(RasterError):
    """A raster holds no measurement at all."""


class CancelledError(LunarOxideError):
    """The user stopped the run."""
