-- A spectrum by its name or its star's, and whether it is the wanted one: any other where there is none
-- spectra   name of the rows
-- arm       only of this arm; NULL for all
-- snr_min   only with this signal to noise or more; NULL for all
-- name      the spectrum or star
SELECT spec_id, object_id, coalesce(spec_id = $name::VARCHAR OR object_id = $name::VARCHAR, false) AS is_wanted
FROM query_table($spectra)
WHERE ($arm::VARCHAR IS NULL OR arm = $arm::VARCHAR) AND ($snr_min::DOUBLE IS NULL OR snr >= $snr_min::DOUBLE)
ORDER BY is_wanted DESC, spec_id
LIMIT 1
