"""`rolelab explain`: one question about a learner's permissions, answered from the policies."""
