"""What layers and networks cost: totals, quantities, memory, tables, and other tools' conventions.

Imports from dsl.algebra, dsl.kinds and dsl.graph."""
