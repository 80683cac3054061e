"""Every operation × every caller × own, foreign and missing objects, against a table written by hand."""
