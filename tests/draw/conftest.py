"""What all tests of figures share."""

from tests.draw.browser import browser

__all__ = ["browser"]
