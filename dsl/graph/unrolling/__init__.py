"""Syntax tree to a trace of steps: blocks called, parts repeated, branches followed."""
