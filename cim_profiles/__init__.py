"""CGMES and CIM grid models. The package is planned and still empty."""
