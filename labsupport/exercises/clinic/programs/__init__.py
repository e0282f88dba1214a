"""What the clinic's pods run: the text of programs of Python's standard library.

They run in pods, from a ConfigMap; nothing of the lab imports them, and they import nothing of it.
"""
