"""From CGMES grid files to a pandapower network in the state that the files describe."""
