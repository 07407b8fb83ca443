"""Numerical kernels that several analyses share: arrays in, arrays out."""
