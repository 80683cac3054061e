"""CGMES and CIM grid models. The store is planned and still empty."""
