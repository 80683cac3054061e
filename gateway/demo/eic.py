"""Energy identification codes for parties that do not exist."""

from gateway.domain.party import eic_check_character


def eic(text: str) -> str:
    """An EIC that starts with `text`, filled up and with a right check character, so that it is well-formed.

    Where a text would get `-` as its check character, which is never issued, the filling changes.
    """
    for filling in "-XYZ":
        first = f"{text:-<14.14}{filling}" if len(text) < 15 else text[:15]
        check = eic_check_character(first)
        if check != "-":
            return first + check
    raise ValueError(f"no EIC starts with {text!r}")
