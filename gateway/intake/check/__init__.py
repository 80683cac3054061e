"""What is wrong with a document: its form, its schema, its rules."""
