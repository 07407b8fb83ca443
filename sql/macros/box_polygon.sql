-- The polygon of a box: its sides are at right angles with the ends of a cross along the axes; NULL if an arm reaches 90 deg
-- lon_deg      longitude of the centre [deg]
-- lat_deg      latitude of the centre [deg]
-- width_deg    length of the cross along the parallel [deg]
-- height_deg   length of the cross along the meridian [deg]
CREATE OR REPLACE MACRO box_polygon(lon_deg, lat_deg, width_deg, height_deg) AS
    -- ADQL 2.1, 4.2.9. On the plane that touches the sphere in the centre the great circles are straight lines.
    list_transform([{'lon': lon_deg, 'sin_lat': sin(radians(lat_deg)), 'cos_lat': cos(radians(lat_deg)),
            'x': tan(radians(width_deg) / 2), 'y': tan(radians(height_deg) / 2)}],
        lambda bopo_b: CASE WHEN width_deg > 0 AND width_deg < 180 AND height_deg > 0 AND height_deg < 180 AND abs(lat_deg) <= 90
            THEN flatten(list_transform([[-bopo_b.x, -bopo_b.y], [bopo_b.x, -bopo_b.y], [bopo_b.x, bopo_b.y], [-bopo_b.x, bopo_b.y]], lambda bopo_c: [
                ((bopo_b.lon + degrees(atan2(bopo_c[1], bopo_b.cos_lat - bopo_c[2] * bopo_b.sin_lat))) % 360 + 360) % 360,
                degrees(atan2(bopo_b.sin_lat + bopo_c[2] * bopo_b.cos_lat, sqrt(bopo_c[1]^2 + (bopo_b.cos_lat - bopo_c[2] * bopo_b.sin_lat)^2)))])) END)[1]
