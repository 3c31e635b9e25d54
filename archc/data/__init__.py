"""Data sets. Importing this registers them all."""

from archc.data import bundled, catalog, catalog_images, tabular

__all__ = ["bundled", "catalog", "catalog_images", "tabular"]
