"""Times libraries that halogram builds against what users would pick instead. The command is benchmarks/compare.py."""
