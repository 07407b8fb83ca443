-- Measures the candidates exactly, each pair at its own epoch, and keeps those that pass every test
-- epoch_of          whose epoch: left, right, fixed or none (positions as listed)
-- epoch_yr          the fixed epoch [Julian yr]
-- radius_arcsec     greatest separation [arcsec]
-- max_distance      greatest normalised distance; NULL for no test
-- colour            whether the colour terms apply
-- c0                magnitude zero point, added to the left magnitude [mag]
-- c1                first-order colour coefficient
-- c2                second-order colour coefficient [mag^-1]
-- c3                third-order colour coefficient [mag^-2]
-- max_delta_mag     greatest magnitude difference [mag]; NULL for no limit in mag
-- max_mag_sigma     greatest magnitude difference in standard errors; NULL for no such limit
-- mag_scatter       intrinsic scatter of the colour transformation, added to the errors [mag]
-- keep_no_mag       whether pairs whose magnitudes can not be compared stay
CREATE OR REPLACE TEMP TABLE pairs AS
WITH dated AS (
    SELECT *, CASE $epoch_of::VARCHAR WHEN 'left' THEN left_epoch WHEN 'right' THEN right_epoch
                   WHEN 'fixed' THEN $epoch_yr::DOUBLE END AS at_epoch
    FROM candidates
), left_star AS (
    SELECT *, left_ra AS ra, left_dec AS dec, left_ra_epoch AS ra_epoch, left_dec_epoch AS dec_epoch,
        left_pmra AS pmra, left_pmdec AS pmdec, left_radial_motion AS radial_motion
    FROM dated
), right_star AS (
    SELECT * REPLACE (ra AS left_ra, dec AS left_dec, right_ra AS ra, right_dec AS dec,
        right_ra_epoch AS ra_epoch, right_dec_epoch AS dec_epoch, right_pmra AS pmra, right_pmdec AS pmdec,
        right_radial_motion AS radial_motion)
    FROM moved('left_star')
), measured AS (
    SELECT * EXCLUDE (ra, dec),
        separation_arcsec(left_ra, left_dec, ra, dec) AS separation,
        position_angle_deg(left_ra, left_dec, ra, dec) AS position_angle,
        coalesce(at_epoch - left_epoch, 0) AS left_years,
        coalesce(at_epoch - right_epoch, 0) AS right_years
    FROM moved('right_star')
    WHERE separation <= $radius_arcsec::DOUBLE
), offsets AS (
    -- East and north in mas in the frame of the left star; variances and covariance of both sides there.
    SELECT *,
        1000 * separation * sin(radians(position_angle)) AS east,
        1000 * separation * cos(radians(position_angle)) AS north,
        nullif(coalesce(pow(left_ra_error, 2), 0) + coalesce(pow(left_years * left_pmra_error, 2), 0)
            + coalesce(pow(right_ra_error, 2), 0) + coalesce(pow(right_years * right_pmra_error, 2), 0), 0) AS v_east,
        nullif(coalesce(pow(left_dec_error, 2), 0) + coalesce(pow(left_years * left_pmdec_error, 2), 0)
            + coalesce(pow(right_dec_error, 2), 0) + coalesce(pow(right_years * right_pmdec_error, 2), 0), 0) AS v_north,
        coalesce(left_ra_dec_corr * left_ra_error * left_dec_error, 0)
            + coalesce(right_ra_dec_corr * right_ra_error * right_dec_error, 0) AS v_both,
        coalesce(left_color, right_color) AS color
    FROM measured
), tested AS (
    SELECT *,
        (east * east * v_north - 2 * east * north * v_both + north * north * v_east)
            / nullif(v_east * v_north - v_both * v_both, 0) AS chi2,
        right_mag - left_mag - $c0::DOUBLE - CASE WHEN $colour::BOOLEAN
            THEN color * ($c1::DOUBLE + color * ($c2::DOUBLE + color * $c3::DOUBLE)) ELSE 0 END AS delta_mag,
        sqrt(coalesce(pow(left_mag_error, 2), 0) + coalesce(pow(right_mag_error, 2), 0)
            + pow($mag_scatter::DOUBLE, 2)) AS mag_error
    FROM offsets
)
SELECT left_id, right_id, separation, position_angle, left_epoch, right_epoch, at_epoch AS match_epoch,
    sqrt(chi2) AS normalised_distance, chi2, delta_mag
FROM tested
WHERE ($max_distance::DOUBLE IS NULL OR chi2 <= pow($max_distance::DOUBLE, 2))
    AND ($max_delta_mag::DOUBLE IS NULL OR coalesce(abs(delta_mag) <= $max_delta_mag::DOUBLE, $keep_no_mag))
    AND ($max_mag_sigma::DOUBLE IS NULL
        OR coalesce(abs(delta_mag) <= $max_mag_sigma::DOUBLE * mag_error, $keep_no_mag))
