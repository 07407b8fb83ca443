"""Labels of stars (temperature, gravity, abundances) from spectra: models, training and fitting.

Pure functions on arrays, that the analyses label_training, star_labels and others share; a model is
anything with the attributes of `analysis.labels.model.SpectralModel`.
"""
