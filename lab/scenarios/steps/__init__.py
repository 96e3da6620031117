"""One step is one file: its module's name is the word in the scenario, its class the fields and the act."""
