"""What commands print on a terminal: tables, progress and answers.

Imports from netform's other packages, and rich."""
