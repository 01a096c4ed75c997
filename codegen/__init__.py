"""Network to text for machines; one package per target."""
