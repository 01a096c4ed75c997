"""Exact mathematics that knows no network: polynomials, floor forms, periodic sets, sign intervals.

Imports nothing from the rest of netform."""
