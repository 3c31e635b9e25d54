"""Data sets. Importing this registers them all."""

from archc.data import catalog, catalog_images

__all__ = ["catalog", "catalog_images"]
