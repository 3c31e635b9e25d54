"""What archc tells people about their files: diagnostics, their codes, and how they look."""

from archc.diagnostics.catalogue import CATALOGUE
from archc.diagnostics.diagnostic import Diagnostic, Edit, Failed, Fix, Related, Report

__all__ = ["CATALOGUE", "Diagnostic", "Edit", "Failed", "Fix", "Related", "Report"]
