"""The commands, a module each, whose function has the name of the module; they load when used."""
