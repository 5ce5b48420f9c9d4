"""What each API call of IAM and STS does."""
