"""What analyses of the Galaxy share: the Sun's place and motion, galactocentric coordinates, a mock disc."""
