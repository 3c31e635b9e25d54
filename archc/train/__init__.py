"""Drives compiled programs: run folders, checkpoints, progress, evaluation, prediction, reports."""
