"""Faces that answer HTTP: the local preview."""
