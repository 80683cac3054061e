"""CGMES and CIM grid models. The room is planned and still empty."""
