-- Spectra on one wavelength grid
-- spectra   name of the rows
-- grid_id   the grid
-- arm       only of this arm; NULL for all
-- snr_min   only with this signal to noise or more; NULL for all
-- only      names of the spectra or stars that are wanted; NULL for all
SELECT spec_id, object_id, radial_velocity, barycentric_correction, flux, ivar, mask, bad_bits, normalised
FROM query_table($spectra)
WHERE
    grid_id = $grid_id
    AND ($arm::VARCHAR IS NULL OR arm = $arm::VARCHAR) AND ($snr_min::DOUBLE IS NULL OR snr >= $snr_min::DOUBLE)
    AND ($only::VARCHAR[] IS NULL OR list_contains($only::VARCHAR[], spec_id) OR list_contains($only::VARCHAR[], object_id))
