"""Bytes → checked canonical document → acknowledgement.

`service` stores and confirms, `handling` brings one stored envelope to its acknowledgement, `examination`
says what a payload is and what is wrong with it, `apply` applies it. `rules` and `reasons` are the
tables of what is refused and by which standard code.
"""
