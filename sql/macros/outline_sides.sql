-- The sides of a polygon: from a to b, their length [rad], the normal n that points to the left, and the directions of the side at both ends
-- vertices   unit vectors, DOUBLE[3][]
CREATE OR REPLACE MACRO outline_sides(vertices) AS
    list_transform([vertices], lambda v:
        list_transform(list_transform(v, lambda a, i: {
            'a': a, 'b': v[i % len(v) + 1], 'n': normal_vector(a, v[i % len(v) + 1])}),
        lambda s: {'a': s.a, 'b': s.b, 'n': s.n,
            'after_a': array_cross_product(s.n, s.a), 'before_b': array_cross_product(s.b, s.n),
            'length': vector_angle(s.a, s.b)}))[1]
