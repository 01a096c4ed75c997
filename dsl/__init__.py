"""Syntax tree to network to formulas."""
