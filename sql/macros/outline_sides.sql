-- The sides of a polygon: from a to b, their length [rad], the normal n that points to the left, and the directions of the side at both ends
-- vertices   unit vectors, DOUBLE[3][]
CREATE OR REPLACE MACRO outline_sides(vertices) AS
    list_transform([vertices], lambda ousi_v:
        list_transform(list_transform(ousi_v, lambda ousi_a, ousi_i: {
            'a': ousi_a, 'b': ousi_v[ousi_i % len(ousi_v) + 1], 'n': normal_vector(ousi_a, ousi_v[ousi_i % len(ousi_v) + 1])}),
        lambda ousi_s: {'a': ousi_s.a, 'b': ousi_s.b, 'n': ousi_s.n,
            'after_a': array_cross_product(ousi_s.n, ousi_s.a), 'before_b': array_cross_product(ousi_s.b, ousi_s.n),
            'length': vector_angle(ousi_s.a, ousi_s.b)}))[1]
