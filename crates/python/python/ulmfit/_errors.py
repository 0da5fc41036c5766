"""The exceptions of this package."""


class UlmfitError(Exception):
    """Base class; raised itself when training or prediction fails."""


class DataError(UlmfitError, ValueError):
    """Texts or labels are not valid."""


class UsageError(UlmfitError, ValueError):
    """A parameter is not valid."""


class ModelError(UlmfitError, OSError):
    """A model folder cannot be read or written."""


for _class in (UlmfitError, DataError, UsageError, ModelError):
    _class.__module__ = "ulmfit"
