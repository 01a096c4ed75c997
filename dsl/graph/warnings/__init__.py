"""Warnings of ``netform check``: probable mistakes in a text, each at its place."""
