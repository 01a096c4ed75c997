"""Writing a program in its canonical layout, with its comments kept.

Imports only from grammar."""
