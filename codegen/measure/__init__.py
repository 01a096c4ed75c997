"""Measuring what a step of training really takes, and the largest batch that really fits.

What measures runs in processes of their own, which may die: ``child`` is their program, with one
module for each backend. Imports from codegen.keras what writes the model, and from codegen.run.
"""
