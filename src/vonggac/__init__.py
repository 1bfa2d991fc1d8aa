"""Vọng Gác: the duty desk that carries an official cyber-security directive out, from paper to proof."""

__version__ = "0.1.0"
