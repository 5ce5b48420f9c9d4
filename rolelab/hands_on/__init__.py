"""The lesson in a learner's own hands: environments, shells and AWS CLI profiles."""
