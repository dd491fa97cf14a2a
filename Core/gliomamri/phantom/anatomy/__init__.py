"""Healthy heads: what tissue is where, before a patient is made of one.

``load_head`` gives the built-in ICBM 2009a head or one of a label map, ``find_heads`` the label maps of a folder.
"""

from gliomamri.phantom.anatomy.anatomy import Anatomy
from gliomamri.phantom.anatomy.heads import load_head
from gliomamri.phantom.anatomy.label_files import find_heads

__all__ = ["Anatomy", "find_heads", "load_head"]
