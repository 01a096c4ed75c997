"""Formulas as functions of Python, and how Python source is written.

Imports from dsl."""
