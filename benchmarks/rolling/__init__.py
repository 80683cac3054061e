"""Gates one after the other on a clock that is moved, and the documents that every party received."""
