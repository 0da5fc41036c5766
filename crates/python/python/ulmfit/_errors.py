"""What can go wrong."""


class UlmfitError(Exception):
    """The work itself failed."""


class DataError(UlmfitError, ValueError):
    """Texts or labels are not what they should be."""


class UsageError(UlmfitError, ValueError):
    """A parameter makes no sense."""


class ModelError(UlmfitError, OSError):
    """A model folder cannot be read or written."""


for _class in (UlmfitError, DataError, UsageError, ModelError):
    _class.__module__ = "ulmfit"
