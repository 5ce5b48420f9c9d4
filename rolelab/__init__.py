"""The lab's own tool: runs the program offline, proves the lab, hands it to the learner."""
