-- The wavelength grids of a table of spectra
-- grids   name of the rows
SELECT grid_id, wavelength, medium, frame
FROM query_table($grids)
