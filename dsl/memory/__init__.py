"""Memory as a framework uses it: every tensor that training keeps, of which type, and why."""
