"""Derivations as data: each step that leads from a layer's rule to a number.

Imports from all of dsl."""
