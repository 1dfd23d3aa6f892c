"""Before the tests of any file."""

import torch

# The oracle is torch's own arithmetic. Once, on busy processors, a process's first torch.exp, by two threads in float64, and
# a Gram matrix were 3e-9 apart in half of the entries, and not in 250 further runs. What torch computes with chooses its code
# at its first call; that is made here, by one thread, so that such a difference would be halogram's.
torch.exp(torch.zeros(1, dtype=torch.double))
