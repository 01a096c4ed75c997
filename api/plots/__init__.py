"""Pictures: a quantity over a symbol, and what a sweep found.

Imports from netform's other packages, and Matplotlib where it is installed."""
