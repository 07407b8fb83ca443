-- A polygon prepared for tests: its sides, whether the direction they refer to is inside, the area [sr], negative if that is to the right
-- sides   its sides as outline_sides gives them
CREATE OR REPLACE MACRO outline_of_sides(sides) AS
    -- Of directions that nothing on the sky prefers the one is taken that is farthest from every side's great
    -- circle: an arc from there meets no side at a grazing angle.
    list_transform(list_transform(list_filter([sides], lambda ouofsi_ss: len(ouofsi_ss) >= 3 AND list_bool_and(list_transform(ouofsi_ss,
            lambda ouofsi_s: coalesce(ouofsi_s.length BETWEEN 1e-15 AND pi() - 1e-13, false)))),
        lambda ouofsi_ss: {'sides': ouofsi_ss, 'q': list_max(list_transform([
                [0.2374, 0.8519, 0.4668], [-0.7129, 0.2216, 0.6654], [0.5483, -0.3217, 0.7719], [-0.3121, -0.8637, 0.3957],
                [0.9317, 0.3347, -0.1417], [-0.2846, 0.6911, -0.6643], [0.4138, -0.7793, -0.4704], [-0.8913, -0.2289, -0.3914]
            ]::DOUBLE[3][], lambda ouofsi_q: {
                'least': list_min(list_transform(ouofsi_ss, lambda ouofsi_s: abs(array_inner_product(ouofsi_s.n, ouofsi_q)))), 'q': ouofsi_q}))['q']}),
        lambda ouofsi_o: outline_towards(ouofsi_o.sides, ouofsi_o.q))[1]
