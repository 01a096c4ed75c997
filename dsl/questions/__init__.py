"""What is asked of a network: solve, fit, ratio, compare, grids, curves and sweeps.

Imports from all of dsl but derivations; a network never imports a question."""
