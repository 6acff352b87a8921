"""`digest`: personal newsletter digests, built from articles by topic."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("digest-newsletter")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
