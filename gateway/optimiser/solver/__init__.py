"""HiGHS and what is built on it: branch and cut, rounding cuts, work in parallel processes."""
