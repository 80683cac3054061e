"""Document ⇄ canonical model, one module per document family, versions as data."""
