"""archc: a declarative architecture compiler."""

__version__ = "0.1.0"
