-- How many spectra there are on each wavelength grid, the most frequent first
-- spectra   name of the rows
-- arm       only of this arm; NULL for all
-- snr_min   only with this signal to noise or more; NULL for all
SELECT grid_id, count(*) AS n
FROM query_table($spectra)
WHERE ($arm::VARCHAR IS NULL OR arm = $arm::VARCHAR) AND ($snr_min::DOUBLE IS NULL OR snr >= $snr_min::DOUBLE)
GROUP BY grid_id
ORDER BY n DESC, grid_id
