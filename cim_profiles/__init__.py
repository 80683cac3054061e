"""CIM grid files (CGMES 2.4.15 and 3.0) as typed tables.

`grid_files.read` reads files, folders and zips; `grid.profile` says what is read of them; `bindings` has one
class for each CIM class, written from it by `python -m cim_profiles.generate`.
"""
