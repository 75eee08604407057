"""The gradients of the golden set of arrays, by hand."""
