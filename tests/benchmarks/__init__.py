"""How fast on this machine, beside ODK Central on one of its size. Run by `make bench`.

Central's figures (v2026.2.2, unmodified, 2 cores, the same method): 106 accepted/s at 8 clients,
p99 170 ms; 72/s counted to its last background job; 78/s with a 200 KB photo; 12 to 18 ms CPU each.
"""
