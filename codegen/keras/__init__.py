"""Keras 3 as a target: ``emit`` writes the program that trains a network.

This room may import grammar, dsl, codegen/python, codegen/run and codegen/target.
"""
