"""Running a program: its folder, its process, and sweeps of many programs.

Imports from dsl, and from codegen.keras what writes a program."""
