"""What a person opens first after the start."""


def first_link(address: str) -> str:
    """The address to print: the desk's own, until sign-in adds a one-time link to it."""
    return address
