"""Bytes → checked canonical document → acknowledgement."""
