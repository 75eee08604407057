"""The golden set of arrays: NumPy as people write it, without diffsrc in mind."""
