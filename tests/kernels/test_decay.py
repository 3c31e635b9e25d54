"""Biases, scales and shifts never decay."""

from archc.kernels.decay import only_kernels


def test_only_kernels_decay() -> None:
    params = {"C1": {"kernel": 1, "bias": 2}, "norm": {"scale": 3, "shift": 4}, "kernel": {"bias": 5, "kernel": 6}}
    assert only_kernels(params) == {
        "C1": {"kernel": True, "bias": False},
        "norm": {"scale": False, "shift": False},
        "kernel": {"bias": False, "kernel": True},
    }
