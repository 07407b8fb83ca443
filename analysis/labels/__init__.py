"""Stellar labels from spectra: models of a spectrum, their training, and fits by them."""
