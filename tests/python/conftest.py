"""Before the tests of any file."""

import torch

# The oracle is torch's own arithmetic. Of one run in some hundreds on busy processors, half of the process's first torch.exp,
# the rows of one of two threads, was 3e-9 off in float64; the libraries behind it choose their code at their first call.
torch.exp(torch.zeros(1, dtype=torch.double))
