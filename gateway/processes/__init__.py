"""The processes of a platform, one file each: it loads what it needs and nothing of the others."""
