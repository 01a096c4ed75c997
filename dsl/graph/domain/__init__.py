"""Where a network exists: the conditions on its symbols, checked at a point and said in words.

Imports from dsl.algebra and dsl.kinds.
"""
