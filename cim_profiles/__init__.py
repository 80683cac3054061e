"""CGMES and CIM grid models."""
