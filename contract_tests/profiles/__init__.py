"""Profiles: what a gateway must do for one kind of peer over one protocol, as steps that the kit tries."""
