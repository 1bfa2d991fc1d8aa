"""Figures with their sources, and the official layout as docx and pdf."""
