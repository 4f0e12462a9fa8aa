"""The web pages beside `/v1`: a Python file and a template per screen, one stylesheet, one script.

`screens.py` lists them. Pages show what the documents of the same release say; the script
reads nothing else.
"""
