"""The assume-role lab's own tool: runs the program offline, proves the lab, and hands it to the learner."""
