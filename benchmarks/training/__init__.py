"""Training speed beside Keras, Flax, hand-written JAX and PyTorch: `python -m benchmarks.training --help`."""
