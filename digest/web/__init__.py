"""Faces that answer HTTP: the studio, on an editor's own machine."""
