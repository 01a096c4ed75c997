"""Formulas as LaTeX.

Imports from dsl."""
