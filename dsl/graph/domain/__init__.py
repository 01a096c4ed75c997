"""Where a network exists: the conditions on its symbols, checked at a point and written in words.

Imports from dsl.algebra and dsl.kinds.
"""
