-- Stars whose distance is asked for by their spectra
-- stars  name of the rows: identifiers, magnitudes, labels, parallaxes and what else is wanted of them
SELECT *
FROM query_table($stars)
