"""Figures of networks: IR -> scene -> SVG, PNG, PDF, HTML, DOT. Nothing here imports jax."""
