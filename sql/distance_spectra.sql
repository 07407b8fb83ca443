-- Spectra of stars, in the order of distance_stars
-- stars  name of the rows: a list of fluxes (spectrum) of each
SELECT spectrum
FROM query_table($stars)
